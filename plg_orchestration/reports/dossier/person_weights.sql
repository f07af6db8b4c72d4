-- The weighted formula's components of one person on the night.
select score, is_pql, "action", frequency, recency, volume, team, spending
from pql.weighted_scores
where as_of = $as_of and user_id = $user_id
