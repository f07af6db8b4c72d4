-- Share of each weekly cohort that was active in a week or later, as known on the as-of day.
select cohort, index, size, rate
from cohorts.retention
where
    as_of = $as_of and unit = 'user' and entry = 'first_time' and mode = 'unbounded' and clock = 'calendar' and period = 'week'
    and mature
order by cohort, index
