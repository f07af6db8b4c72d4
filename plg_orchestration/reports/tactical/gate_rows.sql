-- Limits, pricing, nudges, guidance and the timing of prompts: how often each is followed by its goal.
select kind, item, bucket, place, window_days, mature_exposed, converted, rate, ci_low, ci_high, difference, difference_low, difference_high, compared_with, reason
from cohorts.gates
where as_of = $as_of
order by kind, item, place, window_days
