-- Users active in the newest complete weeks, months and quarters or in the 30 days that end with them, and what they did in the
-- period. Of a user's active days the last one before a period's end says whether these 30 days saw the user.
with asked as (
    select period, period_start, period_end from kpi_periods where in_history and period <> 'day'
),
features as (
    select user_id, period, period_start, sum(bit_count(features)) as features
    from (
        select f.user_id, f.block, p.period, p.period_start, bit_or(f.features) as features
        from feature_days as f
        join asked as p on f.event_date >= p.period_start and f.event_date < p.period_end
        group by f.user_id, f.block, p.period, p.period_start
    ) as blocks
    group by user_id, period, period_start
),
offered as (
    select count(distinct item) as features from config.event_roles where role = 'core_feature'
),
used as (
    select
        p.period, p.period_start, d.user_id, max(d.account_id) as account_id, count(*) as active_days,
        sum(d.core_events) as core_events,
        coalesce(sum(d.sessions) filter (where d.event_date >= p.period_end - 7), 0) as sessions_7
    from active_days as d
    join asked as p on d.event_date >= p.period_start and d.event_date < p.period_end
    group by p.period, p.period_start, d.user_id
),
last_seen as (
    select
        p.period, p.period_start, p.period_end, d.user_id, d.account_id, d.event_date >= p.period_end - 7 as active_7,
        d.event_date >= p.period_end - 30 as active_30
    from active_days as d
    join asked as p
        on d.event_date < p.period_end and d.event_date >= least(p.period_start, p.period_end - 30)
        and coalesce(d.next_date >= p.period_end, true)
)
select
    l.period, l.period_start, s.segment, s.channel, s.region, s.device, s.plan, l.user_id,
    coalesce(u.account_id, l.account_id) as account_id, coalesce(u.active_days, 0) as active_days,
    date_diff('day', l.period_start, l.period_end) as period_days, coalesce(u.core_events, 0) as core_events,
    coalesce(u.sessions_7, 0) as sessions_7, l.active_7, l.active_30,
    5.0 * coalesce(f.features, 0) / nullif(o.features, 0) as breadth
from last_seen as l
cross join offered as o
left join used as u on u.user_id = l.user_id and u.period = l.period and u.period_start = l.period_start
left join features as f on f.user_id = l.user_id and f.period = l.period and f.period_start = l.period_start
left join kpi_units as s on s.unit = 'user' and s.unit_id = l.user_id
