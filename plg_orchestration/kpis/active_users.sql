-- Users active in the newest complete periods or in the 30 days that end with them.
with days as (
    select user_id, event_date, max(account_id) as account_id
    from behavior.user_days
    where
        received_date between $horizon and $as_of and event_date between $horizon and $as_of
        and qualifying_events > 0 and user_id is not null
    group by user_id, event_date
)
select
    p.period, p.period_start, min(s.segment) as segment, d.user_id, max(d.account_id) as account_id,
    count(*) filter (where d.event_date >= p.period_start) as active_days,
    date_diff('day', p.period_start, p.period_end) as period_days,
    count(*) filter (where d.event_date >= p.period_end - 7) > 0 as active_7,
    count(*) filter (where d.event_date >= p.period_end - 30) > 0 as active_30
from days as d
join kpi_periods as p
    on p.back = 0 and d.event_date < p.period_end and d.event_date >= least(p.period_start, p.period_end - 30)
left join signups as s on s.unit = 'user' and s.unit_id = d.user_id
group by p.period, p.period_start, p.period_end, d.user_id
