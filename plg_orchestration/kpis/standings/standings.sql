-- Every benchmark row beside the value that it is about: the same KPI, segment, dimension and period, in the same unit.
-- Only percentiles make a band; of a range, a median or a target it is said where the value lies. A figure of a year stands beside
-- the KPI that measures a year, where one is declared, and beside nothing else.
with measured as (
    select
        b.kpi, b.segment, b.dimension, b.dimension_value, b.period as benchmark_period, b.kind, b.p25, b.p50, b.p75,
        b.unit as benchmark_unit, b.source, b.note,
        case when b.period = 'year' then y.measured_by else b.kpi end as measured_by,
        case b.period when 'any' then f.review_period when 'year' then m.review_period else b.period end as period
    from config.benchmarks as b
    left join config.kpi_yearly as y on y.kpi = b.kpi
    left join kpi_facts as f on f.kpi = b.kpi
    left join kpi_facts as m on m.kpi = y.measured_by
),
placed as (
    select
        b.*, f.better, f.direction, f.place, s.period_start, s.value, s.ci_low, s.ci_high, s.n, s.unit, s.mature_share,
        case
            when b.measured_by is null then concat('the figure is for a year, and no KPI measures ', b.kpi, ' over a year')
            when f.kpi is null then concat(b.measured_by, ' is not computed')
            when s.kpi is null and b.dimension <> '' and b.segment <> 'all'
                then concat('it is not known by segment and ', b.dimension, ' together')
            when s.kpi is null and b.dimension <> '' then concat('no value for ', b.dimension, ' ', b.dimension_value)
            when s.kpi is null then concat('no value of a ', b.period, ' is computed')
            when s.value is null then coalesce(s.reason, 'the period has no value')
            when s.unit <> b.benchmark_unit then concat('the value is in ', s.unit, ', the figure in ', b.benchmark_unit)
        end as reason
    from measured as b
    left join kpi_facts as f on f.kpi = b.measured_by
    left join kpi_shown as s
        on s.kpi = b.measured_by and s.segment = b.segment and s.period = b.period and s.dimension = b.dimension
        and s.dimension_value = b.dimension_value
)
select
    cast($as_of as date) as as_of, kpi, segment, dimension, dimension_value, measured_by, period, period_start,
    value as current, ci_low, ci_high, n, unit, direction, benchmark_period, kind, source, p25, p50, p75, benchmark_unit,
    case
        when reason is not null or kind <> 'percentile' then null
        when better * (value - p75) >= 0 then 'above_p75'
        when better * (value - p50) >= 0 then case when p75 is null then 'above_p50' else 'p50_p75' end
        when p25 is null then 'below_p50'
        when better * (value - p25) >= 0 then 'p25_p50'
        else 'below_p25'
    end as band,
    case
        when reason is not null or kind = 'percentile' then null
        when kind = 'median' then case when better * (value - p50) >= 0 then 'above_median' else 'below_median' end
        when better * (value - coalesce(p75, p50, p25)) >= 0
            then case kind when 'target' then 'target_reached' else 'above_range' end
        when better * (value - coalesce(p25, p50, p75)) >= 0
            then case kind when 'target' then 'within_target' else 'within_range' end
        else case kind when 'target' then 'target_missed' else 'below_range' end
    end as place,
    case when reason is null and kind <> 'target' then better * (value - p50) end as gap_to_p50,
    case
        when reason is not null then null
        when kind = 'target' and p50 is not null then better * (value - p50)
        when kind = 'target' then better * (value - p25)
    end as gap_to_target,
    mature_share, reason, note
from placed
order by kpi, segment, dimension, dimension_value, benchmark_period, kind, source
