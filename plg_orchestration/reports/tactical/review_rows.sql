-- The weekly review: the seven layers and the KPIs that each consists of.
select *
from kpis.weekly_review
where as_of = $as_of
order by place, metric_place, segment
