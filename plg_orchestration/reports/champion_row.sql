-- The newest judgment on who scores: the champion and its gates, as known on the as-of day.
select *
from pql.champion
where as_of <= $as_of
order by as_of desc, target
limit 1
