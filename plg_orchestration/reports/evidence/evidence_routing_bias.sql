-- What became of leads by group, as the newest night of each week of the quarter audited it.
with newest as (
    select max(as_of) as as_of from pql.routing_bias where as_of between $first and $last group by date_trunc('week', as_of)
)
select
    b.as_of, target, period, first_on, last_on, attribute, grp, status, metric, n,
    case when n >= $min_group then value_group end as value_group, case when n >= $min_group then value_rest end as value_rest,
    case when n >= $min_group then difference end as difference, case when n >= $min_group then ci_low end as ci_low,
    case when n >= $min_group then ci_high end as ci_high, p_adjusted, verdict, reason
from pql.routing_bias as b
inner join newest as w on w.as_of = b.as_of
order by b.as_of, target, period, attribute, grp, metric
