-- Every scorer's score of the target's population on the day, with its percentile. The hybrid's reasons are those of the points.
with scored as (
    select user_id, 'rules' as scorer, $rules_version as version, cast(points as double) as score, is_pql, reasons, against
    from pql.rule_scores
    where as_of = $as_of
    union all
    select user_id, 'weighted' as scorer, $weighted_version as version, score, is_pql, reasons, against
    from pql.weighted_scores
    where as_of = $as_of
    union all
    select m.user_id, m.scorer, m.version, m.score, m.is_pql, m.reasons, m.against
    from model_scores as m
    where m.scorer <> 'hybrid'
    union all
    select m.user_id, m.scorer, m.version, m.score, m.is_pql, r.reasons, r.against
    from model_scores as m
    inner join pql.rule_scores as r on r.as_of = $as_of and r.user_id = m.user_id
    where m.scorer = 'hybrid'
)
select
    $as_of as as_of, p.user_id, p.account_id, $target as target, s.scorer, s.version, s.score,
    100.0 * percent_rank() over (partition by s.scorer order by s.score) as percentile,
    s.is_pql, s.reasons, s.against
from population as p
inner join scored as s on s.user_id = p.user_id
