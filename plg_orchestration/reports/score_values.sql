-- The night's scores of every user.
select score
from pql.scores
where as_of = $as_of and score is not null
order by score
