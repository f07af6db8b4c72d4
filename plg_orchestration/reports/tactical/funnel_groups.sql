-- How far the users of each channel, region, device and segment came in each funnel.
select funnel, dimension, dimension_value, step, name, mature_entrants, rate_from_first, ci_low, ci_high
from cohorts.funnel
where as_of = $as_of and dimension <> 'all' and cohort_week is null and unit = 'user' and step > 1
order by funnel, dimension, dimension_value, step
