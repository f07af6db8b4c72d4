-- The days on which users who are not left out acted, with what they did and the next such day.
with days as (
    select
        d.user_id, d.event_date, max(d.account_id) as account_id, cast(sum(d.core_events) as bigint) as core_events,
        cast(sum(d.sessions) as bigint) as sessions
    from behavior.user_days as d
    left join excluded as x on x.unit = 'user' and x.unit_id = d.user_id
    where
        d.received_date between $oldest_day and $as_of and d.event_date between $oldest_day and $as_of
        and d.qualifying_events > 0 and d.user_id is not null and x.unit_id is null
    group by d.user_id, d.event_date
)
select
    user_id, event_date, account_id, core_events, sessions,
    lead(event_date) over (partition by user_id order by event_date) as next_date
from days
