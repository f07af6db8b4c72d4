-- Versions of users from a signup time that travels with a batch's events; once for each value.
with told as (
    select
        user_id,
        signup_at,
        file,
        file_id,
        min(received_at) as known_at,
        min(received_date) as known_date,
        min(line) as line
    from new_events
    where user_id is not null and signup_at is not null
    group by 1, 2, 3, 4
),
ordered as (
    select *, row_number() over (partition by user_id, signup_at order by file) as choice from told
)
select
    user_id,
    signup_at,
    known_at,
    known_date,
    file_id,
    line,
    'source' as origin
from ordered as t
where
    choice = 1
    and not exists (
        select 1 from ingest.users as u
        where u.user_id = t.user_id and u.origin = 'source' and u.signup_at = t.signup_at
    )
