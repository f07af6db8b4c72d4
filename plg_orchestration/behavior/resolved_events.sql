-- The activity received on the as-of day with the person and the account that it counts for, as known by the end of that day.
with linked as (
    select
        anonymous_id,
        user_id,
        row_number() over (partition by anonymous_id order by known_at desc, user_id) as choice
    from ingest.identities
    where known_date <= $as_of
),
activity as (
    select
        e.received_date,
        cast((e.event_at at time zone 'UTC') at time zone $timezone as date) as event_date,
        coalesce(e.user_id, l.user_id) as user_id,
        e.account_id,
        e.event,
        e.event_at,
        e.session_id
    from ingest.events as e
    left join linked as l on e.user_id is null and l.anonymous_id = e.anonymous_id and l.choice = 1
    where e.received_date = $as_of and e.kind in ('track', 'page', 'screen')
)
select
    a.received_date,
    a.event_date,
    a.user_id,
    coalesce(a.account_id, u.account_id) as account_id,
    a.event,
    a.event_at,
    a.session_id
from activity as a
left join known_users as u on u.user_id = a.user_id
where a.user_id is not null or a.account_id is not null
