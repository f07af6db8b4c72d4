-- Everybody whom a scorer version scored on a night, with their features and the score.
select f.*, coalesce(f.account_id, f.user_id) as payer_id, round(s.score, 2) as score
from pql.scores as s
inner join pql.features as f on f.as_of = s.as_of and f.user_id = s.user_id
where s.as_of = $day and s.target = $target and s.scorer = $scorer and s.version = $version
