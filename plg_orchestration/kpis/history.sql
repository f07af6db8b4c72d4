-- Every KPI of the last days, weeks, months and quarters for every segment, as known at the as-of day.
select
    cast($as_of as date) as as_of, period, period_start, kpi, segment, value, numerator, denominator, n, ci_low, ci_high, unit,
    mature_share, reason, definition_hash
from kpi_values
where in_history and dimension = ''
order by kpi, period, period_start, segment
