-- The champion's newest audit: the signed contrasts of selection rates, group against rest.
with audited as (
    select b.attribute, b.grp, b.status, b.metric, b.n, b.difference, b.ci_low, b.ci_high, b.ratio, b.verdict, b.reason, b.as_of,
        dense_rank() over (order by b.as_of desc) as recency
    from pql.bias_audit as b
    inner join (
        select scorer, version, target, row_number() over (order by as_of desc, target) as recency from pql.champion where as_of <= $as_of
    ) as c on c.scorer = b.scorer and c.version = b.version and c.target = b.target and c.recency = 1
    where b.as_of <= $as_of and b.verdict is not null and (b.status = 'protected' or b.attribute not like '% & %')
)
select attribute, grp as group_value, status, metric, n, difference, ci_low, ci_high, ratio, verdict, reason, as_of
from audited
where recency = 1
order by case status when 'protected' then 0 else 1 end, attribute, group_value, metric
