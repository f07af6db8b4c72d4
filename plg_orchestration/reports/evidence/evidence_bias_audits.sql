-- The contrasts of every fairness audit of the quarter; a group under the minimum size has no figures.
with audits as (
    select a.*, a.hidden is not null or a.n is null or a.n < $min_group as concealed
    from pql.bias_audit as a
    where as_of between $first and $last
)
select
    as_of, target, scorer, version, attribute, grp, status, metric,
    case when not concealed then n end as n, case when not concealed then positives end as positives,
    case when not concealed then value_group end as value_group, case when not concealed then value_rest end as value_rest,
    case when not concealed then difference end as difference, case when not concealed then ci_low end as ci_low,
    case when not concealed then ci_high end as ci_high, case when not concealed then ratio end as ratio,
    case when not concealed then ratio_low end as ratio_low, case when not concealed then ratio_high end as ratio_high,
    case when not concealed then detectable end as detectable, case when not concealed then p_adjusted end as p_adjusted,
    correction, verdict, case when concealed then coalesce(hidden, 'too_small') else reason end as reason
from audits
order by as_of, target, scorer, attribute, grp, metric
