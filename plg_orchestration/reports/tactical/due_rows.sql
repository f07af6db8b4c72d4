-- The KPIs by review, all segments together, as they stand on the as-of day.
select *
from kpis.reviews
where as_of = $as_of and segment = 'all'
order by due desc, forum, cadence, kpi
