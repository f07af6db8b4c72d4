-- Weekly retention of users since their signup, as known on the as-of day.
select cohort, index, size, rate
from cohorts.retention
where
    as_of = $as_of and unit = 'user' and entry = 'first_time' and mode = 'bounded' and clock = 'calendar' and period = 'week'
    and mature
order by cohort, index
