-- The bias audit of a scorer's version as known on the night: the newest one up to it, judged contrasts alone.
with audits as (
    select *, dense_rank() over (order by as_of desc) as recency
    from pql.bias_audit
    where target = $target and scorer = $scorer and version = $version and as_of <= $as_of
)
select as_of, attribute, grp, status, metric, difference, ci_low, ci_high, ratio, verdict, reason
from audits
where recency = 1 and verdict is not null
order by case status when 'protected' then 0 else 1 end, attribute, grp, metric
