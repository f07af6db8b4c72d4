-- The rows of friction_members made of plain events, in one stratum.
with people as (
    select
        user_id,
        min(event_at) filter (where event = $signup) as signup_at,
        min(event_at) filter (where event = $activation) as activated_at
    from plain_events
    where received_at < $cut and event_at < $cut
    group by user_id
),
windows as (
    select *, signup_at + cast($window_days as integer) * interval 1 day as ends_at
    from people
    where signup_at is not null
)
select user_id, '' as stratum, signup_at, ends_at, case when activated_at < ends_at then activated_at end as activated_at
from windows
where ends_at <= $cut
