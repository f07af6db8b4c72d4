-- The day's signup cohorts of users, in which weeks that differ are looked for.
select cohort_week, segment, channel, region, device, activated_7d, mature_7d
from cohorts.signup_cohorts
where as_of = $as_of and unit = 'user'
