-- Of each KPI, segment and period, the newest row that is wholly mature; where there is none, the newest one.
select
    kpi, segment, dimension, dimension_value, period, period_start, value, numerator, denominator, n, ci_low, ci_high, unit,
    band, target, mature_share, reason, definition_hash
from kpis.snapshot
where as_of = $as_of and dimension = ''
qualify row_number() over (
    partition by kpi, segment, dimension, dimension_value, period
    order by case when mature_share = 1 then 0 else 1 end, period_start desc
) = 1
order by kpi, period, segment, dimension, dimension_value
