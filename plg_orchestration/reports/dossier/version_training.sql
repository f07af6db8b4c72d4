-- The training of a model version as it was recorded, the newest record first.
select *
from pql.candidate
where target = $target and version = $version and status = 'trained'
order by as_of desc, case scorer when 'model' then 0 else 1 end, scorer
