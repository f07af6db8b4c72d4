-- The stages as the newest earlier night judged them.
select experiment, traffic, since, earned, judged_by
from experiments.stages
where as_of = (select max(as_of) from experiments.stages where as_of < $as_of)
