-- The plays of earlier nights that still run: not over, not successful, and not followed by another of the person or account.
with standing as (
    select
        play_id, ends_on, succeeded_on,
        row_number() over (
            partition by coalesce(contact_id, concat(play, '|', unit_id)) order by started_on desc, play_id
        ) as person_place,
        row_number() over (partition by unit, unit_id order by started_on desc, play_id) as unit_place
    from play_successes
)
select p.*
from play_successes as p
inner join standing as s on s.play_id = p.play_id
where s.person_place = 1 and s.unit_place = 1 and s.ends_on > $as_of and s.succeeded_on is null
