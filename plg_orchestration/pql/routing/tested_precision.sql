-- What share of the champion's leads became the outcome in the last test of its scorer: the base rate as long as nothing has matured.
select t.precision as rate
from pql.candidate as t
inner join pql.champion as c on c.as_of = t.as_of and c.target = t.target and c.scorer = t.scorer
where t.as_of = $as_of and t.target = $target
