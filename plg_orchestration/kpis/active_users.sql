-- Users active in the newest complete periods or in the 30 days that end with them, and what they did in the period.
with days as (
    select
        user_id, event_date, max(account_id) as account_id, sum(core_events) as core_events, sum(sessions) as sessions
    from behavior.user_days
    where
        received_date between $horizon and $as_of and event_date between $horizon and $as_of
        and qualifying_events > 0 and user_id is not null
    group by user_id, event_date
),
features as (
    select f.user_id, p.period, p.period_start, count(distinct f.feature) as features
    from behavior.user_features as f
    join kpi_periods as p on p.back = 0 and f.event_date >= p.period_start and f.event_date < p.period_end
    where f.received_date between $horizon and $as_of and f.user_id is not null
    group by f.user_id, p.period, p.period_start
),
offered as (
    select count(distinct item) as features from config.event_roles where role = 'core_feature'
),
used as (
    select
        p.period, p.period_start, p.period_end, d.user_id, max(d.account_id) as account_id,
        count(*) filter (where d.event_date >= p.period_start) as active_days,
        coalesce(sum(d.core_events) filter (where d.event_date >= p.period_start), 0) as core_events,
        coalesce(sum(d.sessions) filter (where d.event_date >= p.period_end - 7), 0) as sessions_7,
        count(*) filter (where d.event_date >= p.period_end - 7) > 0 as active_7,
        count(*) filter (where d.event_date >= p.period_end - 30) > 0 as active_30
    from days as d
    join kpi_periods as p
        on p.back = 0 and d.event_date < p.period_end and d.event_date >= least(p.period_start, p.period_end - 30)
    group by p.period, p.period_start, p.period_end, d.user_id
)
select
    u.period, u.period_start, s.segment, s.channel, s.region, s.device, s.plan, u.user_id, u.account_id, u.active_days,
    date_diff('day', u.period_start, u.period_end) as period_days, u.core_events, u.sessions_7, u.active_7, u.active_30,
    5.0 * coalesce(f.features, 0) / nullif(o.features, 0) as breadth
from used as u
cross join offered as o
left join features as f on f.user_id = u.user_id and f.period = u.period and f.period_start = u.period_start
left join kpi_units as s on s.unit = 'user' and s.unit_id = u.user_id
