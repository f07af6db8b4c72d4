-- What tonight's snapshot states of each KPI, segment and period: the newest row that is wholly mature, else the newest one.
select
    kpi, segment, dimension, dimension_value, period, period_start, value, numerator, n, ci_low, ci_high, unit, target,
    mature_share, reason, definition_hash
from kpis.snapshot
where as_of = $as_of
qualify row_number() over (
    partition by kpi, segment, dimension, dimension_value, period
    order by case when mature_share = 1 then 0 else 1 end, period_start desc
) = 1
