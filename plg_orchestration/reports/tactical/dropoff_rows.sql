-- Users who had not activated by a day and were not seen again, beside the published share.
select day, mature_signups, waiting, lost, dropoff, ci_low, ci_high, published, verdict, cause
from cohorts.dropoff
where as_of = $as_of and unit = 'user'
order by day
