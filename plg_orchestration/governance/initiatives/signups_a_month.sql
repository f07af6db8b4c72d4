-- How many people signed up in the newest complete month.
select value
from kpis.snapshot
where as_of = $as_of and kpi = 'signups' and period = 'month' and segment = 'all' and dimension = '' and value is not null
order by period_start desc
limit 1
