-- Every KPI of every segment in the dashboard's layout: value, value before, target, changes, and its place in its own history.
with changes as (
    select
        kpi, segment, period,
        max(before_value) filter (where step = 'previous') as before_value,
        max(before_start) filter (where step = 'previous') as before_start,
        max(change) filter (where step = 'previous') as change,
        max(change) filter (where step = 'week') as week_change,
        max(change) filter (where step = 'month') as month_change,
        max(change) filter (where step = 'year') as year_change,
        bool_and(within_interval) filter (where step = 'previous') as within_interval,
        bool_and(within_interval) filter (where step = 'week') as within_week,
        bool_and(within_interval) filter (where step = 'month') as within_month,
        bool_and(within_interval) filter (where step = 'year') as within_year,
        max(change_reason) filter (where step = 'previous') as reason,
        max(change_reason) filter (where step = 'week') as week_reason,
        max(change_reason) filter (where step = 'month') as month_reason,
        max(change_reason) filter (where step = 'year') as year_reason,
        bool_or(broken) as broken
    from kpi_changes
    group by kpi, segment, period
),
earlier as (
    select
        c.kpi, c.segment, c.period, count(*) as n,
        sum(
            case when f.better * (c.value - s.value) > 0 then 1.0 when c.value = s.value then 0.5 else 0.0 end
        ) as beaten
    from kpi_shown as c
    join kpi_facts as f on f.kpi = c.kpi
    join kpi_series as s
        on s.kpi = c.kpi and s.segment = c.segment and s.period = c.period and s.period_start < c.period_start
        and s.period_start >= c.period_start - $history_days and s.definition_hash = c.definition_hash and s.unit = c.unit
    where c.dimension = '' and c.value is not null and s.value is not null and s.mature_share = 1
    group by c.kpi, c.segment, c.period
),
origins as (
    select kpi, segment, period, origin
    from config.kpi_targets
),
rows_of as (
    select
        c.kpi, c.segment, c.period, c.period_start, c.n, c.ci_low, c.ci_high, c.mature_share, c.reason as missing, c.value,
        f.direction, f.better, f.measure, f.place as registered, f.owner,
        coalesce(d.group_name, f.group_name) as group_name,
        coalesce(d.label, c.kpi) as label,
        d.place,
        coalesce(case d.period when 'any' then f.review_period else d.period end = c.period, false) as dashboard,
        case when d.kpi_unit = c.unit then d.unit else c.unit end as unit,
        case when d.kpi_unit = c.unit then d.scale else 1.0 end as scale,
        case
            when c.unit <> f.unit then null
            when c.target is not null then c.target * case when d.kpi_unit = c.unit then d.scale else 1.0 end
            when c.segment = 'all' and d.kpi_unit = c.unit then d.target
        end as target,
        case
            when c.unit <> f.unit then null
            when c.target is not null then o.origin
            when c.segment = 'all' and d.kpi_unit = c.unit and d.target is not null then d.origin
        end as target_origin
    from kpi_shown as c
    join kpi_facts as f on f.kpi = c.kpi
    left join config.kpi_dashboard as d on d.kpi = c.kpi and d.period in ('any', c.period)
    left join origins as o on o.kpi = c.kpi and o.segment = c.segment and o.period in ('any', c.period)
    where c.dimension = ''
)
select
    cast($as_of as date) as as_of, r.group_name, r.kpi as metric, r.label, r.segment, r.period, r.period_start,
    r.scale * r.value as current, r.scale * h.before_value as previous, h.before_start as previous_start, r.target, r.target_origin,
    r.better * (r.scale * r.value - r.target) as distance_to_target,
    case r.measure when 'count' then 1.0 else r.scale end * h.change as trend,
    case r.measure when 'count' then 1.0 else r.scale end * h.week_change as trend_wow,
    case r.measure when 'count' then 1.0 else r.scale end * h.month_change as trend_mom,
    case r.measure when 'count' then 1.0 else r.scale end * h.year_change as trend_yoy,
    case when r.measure = 'count' then 'percent' when r.unit = 'percent' then 'points' else r.unit end as trend_unit,
    nullif(concat_ws(
        '; ',
        case when h.reason is not null then concat('change: ', h.reason) end,
        case
            when r.period in ('month', 'quarter') then concat('week over week: a ', r.period, ' has no week before it')
            when h.week_reason <> coalesce(h.reason, '') then concat('week over week: ', h.week_reason)
        end,
        case
            when r.period = 'quarter' then 'month over month: a quarter has no month before it'
            when h.month_reason <> coalesce(h.reason, '') then concat('month over month: ', h.month_reason)
        end,
        case when h.year_reason <> coalesce(h.reason, '') then concat('year over year: ', h.year_reason) end
    ), '') as trend_reason,
    r.unit, r.direction,
    case when e.n >= $fewest_values then 100.0 * e.beaten / e.n end as history_percentile,
    cast(coalesce(e.n, 0) as bigint) as history_n,
    coalesce(h.broken, false) as broken, h.within_interval, h.within_week, h.within_month, h.within_year,
    r.scale * r.ci_low as ci_low, r.scale * r.ci_high as ci_high, r.n, r.mature_share, r.missing as reason, r.dashboard,
    cast(case when r.dashboard then r.place else 1000 + r.registered end as integer) as place
from rows_of as r
left join changes as h on h.kpi = r.kpi and h.segment = r.segment and h.period = r.period
left join earlier as e on e.kpi = r.kpi and e.segment = r.segment and e.period = r.period
order by place, r.period, r.segment
