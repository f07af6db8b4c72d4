-- The night's scores by the scorer in force, of every user.
select s.score, s.scorer
from pql.scores as s
inner join (
    select scorer, target, row_number() over (order by as_of desc, target) as recency from pql.champion where as_of <= $as_of
) as c on c.scorer = s.scorer and c.target = s.target and c.recency = 1
where s.as_of = $as_of and s.score is not null
order by s.score
