-- The audit of a training's model, every group and metric.
select *
from pql.bias_audit
where as_of = $as_of and target = $target and scorer = 'model' and version = $version
order by case status when 'protected' then 0 else 1 end, attribute, grp, metric
