-- The fairness metrics across the groups of each attribute, for the training's model.
select attribute, metric, value, worst_group, reason
from pql.bias_gaps
where as_of = $as_of and target = $target and scorer = 'model' and version = $version and value is not null
order by attribute, metric
