-- The plays of earlier nights that still run: not over, not successful, and not followed by another of the person or account.
with standing as (
    select
        *,
        row_number() over (
            partition by coalesce(contact_id, concat(play, '|', unit_id)) order by started_on desc, play_id
        ) as person_place,
        row_number() over (partition by unit, unit_id order by started_on desc, play_id) as unit_place
    from play_successes
)
select * from standing
where person_place = 1 and unit_place = 1 and ends_on > $as_of and succeeded_on is null
