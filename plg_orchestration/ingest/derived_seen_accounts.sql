-- Versions of accounts from their first events in a batch: new accounts, and events earlier than known.
with seen as (
    select account_id, file, received_date, min(event_at) as first_at
    from new_events
    where account_id is not null
    group by account_id, file, received_date
),
ordered as (
    select
        *,
        min(first_at) over (
            partition by account_id order by file, received_date rows between unbounded preceding and 1 preceding
        ) as earlier
    from seen
),
known as (
    select account_id, min(signup_at) as first_at
    from ingest.accounts
    where origin = 'seen' and account_id in (select s.account_id from seen as s)
    group by account_id
),
fresh as (
    select o.account_id, o.file, o.received_date, o.first_at
    from ordered as o
    left join known as k on k.account_id = o.account_id
    where (o.earlier is null or o.first_at < o.earlier) and (k.first_at is null or o.first_at < k.first_at)
),
placed as (
    select min(e.place) as place
    from fresh as f
    inner join new_events as e
        on e.account_id = f.account_id
        and e.file = f.file and e.received_date = f.received_date and e.event_at = f.first_at
    group by f.account_id, f.file, f.received_date
)
select
    account_id,
    event_at as signup_at,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'seen' as origin
from new_events
where place in (select p.place from placed as p)
