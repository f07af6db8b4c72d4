-- Every KPI of every period without a dimension, as last stated by the as-of day, with the direction that is better.
with stated as (
    select
        kpi, segment, period, period_start, value, ci_low, ci_high, n, unit, band, target, mature_share, reason, as_of,
        row_number() over (partition by kpi, segment, period, period_start order by as_of desc) as recency
    from kpis.snapshot
    where as_of <= $as_of and coalesce(dimension, '') = ''
),
directions as (
    select kpi, min(direction) as direction from config.benchmarks group by kpi
)
select
    s.kpi, s.segment, s.period, s.period_start, s.value, s.ci_low, s.ci_high, s.n, s.unit, s.band, s.target, s.mature_share,
    s.reason, s.as_of, d.direction
from stated as s
left join directions as d on d.kpi = s.kpi
where s.recency = 1
order by s.kpi, s.segment, s.period, s.period_start
