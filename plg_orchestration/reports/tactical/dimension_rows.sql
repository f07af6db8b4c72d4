-- The snapshot's values by channel, region, device and plan: of each KPI the newest wholly mature period of each kind.
with stated as (
    select
        kpi, dimension, dimension_value, period, period_start, value, n, ci_low, ci_high, unit, mature_share, reason,
        row_number() over (
            partition by kpi, dimension, dimension_value, period
            order by case when coalesce(mature_share, 1) = 1 then 0 else 1 end, period_start desc
        ) as recency
    from kpis.snapshot
    where as_of = $as_of and dimension <> '' and value is not null
)
select kpi, dimension, dimension_value, period, period_start, value, n, ci_low, ci_high, unit, reason
from stated
where recency = 1
order by kpi, dimension, period, dimension_value
