-- Every KPI's earlier periods as known on the as-of day, for those that no snapshot has stated.
select
    kpi, segment, period, period_start, value, numerator, denominator, ci_low, ci_high, n, unit, mature_share, reason,
    definition_hash, as_of
from kpis.history
where as_of = $as_of
order by kpi, segment, period, period_start
