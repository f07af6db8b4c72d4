-- What came of each play against its random holdout, over all cohorts.
select play, arm, mature_n, succeeded, rate, ci_low, ci_high, difference, difference_low, difference_high, verdict
from cohorts.play_results
where as_of = $as_of and cohort = 'all'
order by play, arm desc
