-- New, returning, resurrected and dormant users by complete week.
select period_start, status, users
from cohorts.lifecycle
where as_of = $as_of and unit = 'user' and period = 'week' and complete
order by period_start desc, status
