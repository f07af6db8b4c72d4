-- The rows of path_members made of plain events: users of mature signup days, and whether they activated and stayed.
with known as (
    select user_id, event, event_at, cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date
    from plain_events
    where received_at < $cut and event_at < $cut
),
people as (
    select
        user_id,
        min(event_at) filter (where event = $signup) as signup_at,
        min(event_date) filter (where event = $signup) as signup_date,
        min(event_at) filter (where event = $activation) as activated_at,
        max(event_date) as last_active
    from known
    group by user_id
)
select
    user_id, signup_at,
    coalesce(
        activated_at < signup_at + cast($first_days as integer) * interval 1 day
        and last_active >= signup_date + cast($stay_day as integer), false
    ) as stayed
from people
where signup_date between $first_date and $last_date
