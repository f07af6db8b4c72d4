-- The judged contrasts of the newest trainings, with the dates on which each training was tested.
with trainings as (
    select as_of, target, test_from, test_to
    from pql.candidate
    where target = $target and scorer = 'model' and status = 'trained' and as_of <= $as_of
    order by as_of desc
    limit $trainings
)
select
    b.as_of, b.scorer, b.version, b.attribute, b.grp, b.status, b.metric, b.difference, b.ci_low, b.ci_high, b.ratio, b.verdict,
    t.test_from, t.test_to
from pql.bias_audit as b
inner join trainings as t on t.as_of = b.as_of and t.target = b.target
where b.metric in ('selection_rate', 'true_positive_rate') and b.verdict is not null and b.attribute not like '% & %'
order by b.scorer, b.attribute, b.grp, b.metric, b.as_of
