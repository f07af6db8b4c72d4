-- Every KPI in the layout of the dashboard, all segments together: current, target, change and direction.
select *
from kpis.trends
where as_of = $as_of and segment = 'all'
order by place, metric, period
