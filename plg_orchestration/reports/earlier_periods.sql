-- Every KPI's earlier periods as known on the as-of day, days of the last two weeks only.
select
    kpi, segment, period, period_start, value, numerator, denominator, ci_low, ci_high, n, unit, mature_share, reason,
    definition_hash, as_of
from kpis.history
where as_of = $as_of and value is not null and (period <> 'day' or period_start > cast($as_of as date) - interval 14 day)
order by kpi, segment, period, period_start
