-- Every KPI and segment in the layout of the dashboard: current, target, change and direction.
select *
from kpis.trends
where as_of = $as_of
order by place, metric, period, segment
