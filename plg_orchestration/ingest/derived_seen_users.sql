-- Versions of users from their first events in a batch: new users, new accounts of a user, and events earlier than known.
with seen as (
    select user_id, account_id, file, received_date, min(event_at) as first_at
    from new_events
    where user_id is not null
    group by user_id, account_id, file, received_date
),
ordered as (
    select
        *,
        min(first_at) over (
            partition by user_id, account_id order by file, received_date rows between unbounded preceding and 1 preceding
        ) as earlier
    from seen
),
known as (
    select user_id, account_id, min(signup_at) as first_at
    from ingest.users
    where origin = 'seen' and user_id in (select s.user_id from seen as s)
    group by user_id, account_id
),
fresh as (
    select o.user_id, o.account_id, o.file, o.received_date, o.first_at
    from ordered as o
    left join known as k on k.user_id = o.user_id and k.account_id is not distinct from o.account_id
    where (o.earlier is null or o.first_at < o.earlier) and (k.first_at is null or o.first_at < k.first_at)
),
placed as (
    select min(e.place) as place
    from fresh as f
    inner join new_events as e
        on e.user_id = f.user_id and e.account_id is not distinct from f.account_id
        and e.file = f.file and e.received_date = f.received_date and e.event_at = f.first_at
    group by f.user_id, f.account_id, f.file, f.received_date
)
select
    user_id,
    account_id,
    event_at as signup_at,
    country,
    region,
    locale as language,
    device,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'seen' as origin
from new_events
where place in (select p.place from placed as p)
