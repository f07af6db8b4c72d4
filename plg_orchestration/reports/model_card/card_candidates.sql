-- A training's scorers on the same unseen rows, the model first.
select *
from pql.candidate
where as_of = $as_of and target = $target
order by case scorer when 'model' then 0 when 'hybrid' then 1 when 'weighted' then 2 when 'rules' then 3 else 4 end, scorer
