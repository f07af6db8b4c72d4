-- The KPIs as the newest night of each month of the quarter gave them; a breakdown under the minimum size has no figures.
with newest as (
    select max(as_of) as as_of from kpis.snapshot where as_of between $first and $last group by date_trunc('month', as_of)
),
figures as (
    select k.*, k.dimension <> '' and (k.n is null or k.n < $min_group) as concealed
    from kpis.snapshot as k
    inner join newest as w on w.as_of = k.as_of
)
select
    as_of, kpi, period, period_start, segment, dimension, dimension_value, case when not concealed then value end as value,
    case when not concealed then numerator end as numerator, case when not concealed then denominator end as denominator,
    case when not concealed then n end as n, case when not concealed then ci_low end as ci_low,
    case when not concealed then ci_high end as ci_high, unit, band, target, mature_share,
    case when concealed then 'fewer than the minimum size' else reason end as reason, definition_hash
from figures
order by as_of, kpi, period, period_start, segment, dimension, dimension_value
