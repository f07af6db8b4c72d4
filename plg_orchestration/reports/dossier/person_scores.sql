-- What every scorer said of one person on the night; where it is a formula, with what its own table keeps.
select s.scorer, s.version, s.score, s.percentile, s.is_pql, s.reasons, s.against, r.points, r.criteria
from pql.scores as s
left join pql.rule_scores as r on s.scorer = 'rules' and r.as_of = s.as_of and r.user_id = s.user_id
where s.as_of = $as_of and s.target = $target and s.user_id = $user_id
order by s.scorer
