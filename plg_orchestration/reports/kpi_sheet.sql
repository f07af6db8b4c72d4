-- The KPI sheet: each benchmark row with the value beside it, and each KPI and segment without one in the period of its review.
-- The threshold is the target, in the KPI's own unit; one of the dashboard holds for all segments together.
with shown as (
    select
        kpi, segment, period, period_start, value, ci_low, ci_high, n, unit, target, reason, definition_hash
    from kpis.snapshot
    where as_of = $as_of and dimension = ''
    qualify row_number() over (
        partition by kpi, segment, period order by case when mature_share = 1 then 0 else 1 end, period_start desc
    ) = 1
),
beside as (
    select
        kpi, segment, dimension, dimension_value, measured_by, period, period_start, current as value, ci_low, ci_high, n, unit,
        benchmark_period, kind, source, p25, p50, p75, coalesce(band, place) as place, reason, note
    from kpis.standings
    where as_of = $as_of
),
sheet as (
    select
        b.kpi, b.segment, b.dimension, b.dimension_value, b.measured_by, b.period, b.period_start, b.value, b.ci_low, b.ci_high, b.n,
        b.unit, b.benchmark_period, b.kind, b.source, b.p25, b.p50, b.p75, b.place, b.reason, b.note, s.definition_hash,
        case when b.dimension = '' then s.target end as target
    from beside as b
    left join shown as s on s.kpi = b.measured_by and s.segment = b.segment and s.period = b.period
    union all
    select
        s.kpi, s.segment, '' as dimension, '' as dimension_value, s.kpi as measured_by, s.period, s.period_start, s.value, s.ci_low,
        s.ci_high, s.n, s.unit, null as benchmark_period, null as kind, null as source, null as p25, null as p50, null as p75,
        null as place, s.reason, null as note, s.definition_hash, s.target
    from shown as s
    join kpi_facts as f on f.kpi = s.kpi and f.review_period = s.period
    left join beside as b
        on b.kpi = s.kpi and b.measured_by = s.kpi and b.segment = s.segment and b.period = s.period and b.dimension = ''
    where b.kpi is null
),
aimed as (
    select
        h.*, f.place as registered, f.unit as kpi_unit, o.origin as target_origin,
        case when h.segment = 'all' and h.dimension = '' and d.kpi_unit = coalesce(h.unit, f.unit) then d.target / d.scale end
        as example,
        d.origin as example_origin
    from sheet as h
    join kpi_facts as f on f.kpi = h.kpi
    left join config.kpi_targets as o on o.kpi = h.measured_by and o.segment = h.segment and o.period in ('any', h.period)
    left join config.kpi_dashboard as d on d.kpi = h.measured_by and d.period in ('any', h.period)
)
select
    kpi, segment, case when dimension = '' then '' else concat(dimension, '=', dimension_value) end as dimension, period,
    period_start, value, ci_low, ci_high, n, coalesce(unit, kpi_unit) as unit, benchmark_period, kind, source, p25, p50, p75, place,
    coalesce(target, example) as target, definition_hash,
    concat_ws(
        '; ', reason, nullif(note, ''),
        case when measured_by <> kpi then concat('measured by ', measured_by) end,
        case
            when target is not null then concat('threshold: target, ', coalesce(target_origin, 'configuration'))
            when example is not null then concat('threshold: target, ', example_origin)
        end
    ) as notes
from aimed
order by
    registered, case segment when 'all' then 0 when 'smb' then 1 when 'mid_market' then 2 else 3 end, dimension, dimension_value,
    period, kind, source
