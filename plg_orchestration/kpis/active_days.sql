-- The days on which users acted, with what they did and the next such day.
with days as (
    select
        user_id, event_date, max(account_id) as account_id, cast(sum(core_events) as bigint) as core_events,
        cast(sum(sessions) as bigint) as sessions
    from behavior.user_days
    where
        received_date between $oldest_day and $as_of and event_date between $oldest_day and $as_of
        and qualifying_events > 0 and user_id is not null
    group by user_id, event_date
)
select
    user_id, event_date, account_id, core_events, sessions,
    lead(event_date) over (partition by user_id order by event_date) as next_date
from days
