-- Every KPI of every period without a dimension, as last stated by the as-of day.
with stated as (
    select
        kpi, segment, period, period_start, value, numerator, denominator, ci_low, ci_high, n, unit, band, target, mature_share,
        reason, definition_hash, as_of,
        row_number() over (partition by kpi, segment, period, period_start order by as_of desc) as recency
    from kpis.snapshot
    where as_of <= $as_of and coalesce(dimension, '') = ''
)
select
    kpi, segment, period, period_start, value, numerator, denominator, ci_low, ci_high, n, unit, band, target, mature_share,
    reason, definition_hash, as_of
from stated
where recency = 1
order by kpi, segment, period, period_start
