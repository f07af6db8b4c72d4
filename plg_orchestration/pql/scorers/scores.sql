-- Every scorer's score of the night's population (users whose account neither pays nor talks to sales) with its percentile.
with population as (
    select user_id, account_id from pql.features where as_of = $as_of and not is_paying and not in_sales
),
scored as (
    select user_id, 'rules' as scorer, $rules_version as version, cast(points as double) as score, is_pql, reasons
    from pql.rule_scores
    where as_of = $as_of
    union all
    select user_id, 'weighted' as scorer, $weighted_version as version, score, is_pql, reasons
    from pql.weighted_scores
    where as_of = $as_of
    union all
    select user_id, 'model' as scorer, version, score, is_pql, reasons
    from model_scores
)
select
    $as_of as as_of, p.user_id, p.account_id, $target as target, s.scorer, s.version, s.score,
    100.0 * percent_rank() over (partition by s.scorer order by s.score) as percentile,
    s.is_pql, s.reasons
from population as p
inner join scored as s on s.user_id = p.user_id
