-- The events received on the as-of day, beside those that the mapping names and that did not come.
with arrived as (
    select
        event,
        count(*) as events,
        count(distinct user_id) as users,
        max(date_diff('second', event_at, received_at)) / 3600.0 as longest_lag_hours
    from ingest.events
    where received_date = $as_of and kind in ('track', 'page', 'screen')
    group by event
),
named as (
    select distinct event from config.event_roles
)
select
    $as_of as as_of,
    coalesce(a.event, n.event) as event,
    n.event is not null as expected,
    coalesce(a.events, 0) as events,
    coalesce(a.users, 0) as users,
    cast(a.longest_lag_hours as double) as longest_lag_hours
from arrived as a
full outer join named as n on n.event = a.event
