-- Everybody whom tonight's champion scored, with the chance of the outcome that the score itself states.
select
    s.as_of as decided_on, s.scorer, s.version, coalesce(s.account_id, s.user_id) as payer_id, round(s.score, 2) as level,
    case when s.is_pql then 1.0 else 0.0 end as lead,
    least(greatest(s.score / 100.0, 0.0), 1.0) as outcome
from pql.scores as s
inner join pql.champion as c
    on c.as_of = s.as_of and c.target = s.target and c.scorer = s.scorer and c.version = s.version
where s.as_of = $as_of and s.target = $target
