-- Each funnel's steps over all its cohorts together.
select
    funnel, unit, step, name, window_days, entrants, mature_entrants, rate_from_first, ci_low, ci_high, rate_from_previous,
    from_previous_p50, immature_share, reason
from cohorts.funnel
where as_of = $as_of and dimension = 'all' and cohort_week is null
order by funnel, unit desc, step
