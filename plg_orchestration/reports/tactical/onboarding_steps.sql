-- Each onboarding step over all cohorts together.
select step, name, mature_signups, completed, rate, ci_low, ci_high, drop_from_previous, from_signup_p50
from cohorts.onboarding
where as_of = $as_of and unit = 'user' and cohort_week is null
order by step
