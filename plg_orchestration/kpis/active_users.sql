-- Users active in the newest complete weeks, months and quarters or in the 30 days that end with them, and what they did in the
-- period. Of a user without a day in the period the last one before its end says whether these 30 days saw the user.
with asked as (
    select row_number() over (order by period, period_start) as number, period, period_start, period_end
    from kpi_periods
    where in_history and period <> 'day'
),
features as (
    select user_id, number, sum(bit_count(features)) as features
    from (
        select f.user_id, f.block, p.number, bit_or(f.features) as features
        from feature_days as f
        join asked as p on f.event_date >= p.period_start and f.event_date < p.period_end
        group by f.user_id, f.block, p.number
    ) as blocks
    group by user_id, number
),
offered as (
    select count(distinct item) as features from config.event_roles where role = 'core_feature'
),
used as (
    select
        p.number, d.user_id, max(d.account_id) as account_id,
        count(*) filter (where d.event_date >= p.period_start) as active_days,
        coalesce(sum(d.core_events) filter (where d.event_date >= p.period_start), 0) as core_events,
        coalesce(sum(d.sessions) filter (where d.event_date >= p.period_end - 7), 0) as sessions_7,
        max(d.event_date) as last_date
    from active_days as d
    join asked as p
        on d.event_date < p.period_end and (
            d.event_date >= p.period_start
            or (d.event_date >= p.period_end - 30 and coalesce(d.next_date >= p.period_end, true))
        )
    group by p.number, d.user_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, u.user_id, u.account_id, u.active_days,
    date_diff('day', p.period_start, p.period_end) as period_days, u.core_events, u.sessions_7,
    u.last_date >= p.period_end - 7 as active_7, u.last_date >= p.period_end - 30 as active_30,
    5.0 * coalesce(f.features, 0) / nullif(o.features, 0) as breadth
from used as u
join asked as p on p.number = u.number
cross join offered as o
left join features as f on f.user_id = u.user_id and f.number = u.number
left join kpi_units as s on s.unit = 'user' and s.unit_id = u.user_id
