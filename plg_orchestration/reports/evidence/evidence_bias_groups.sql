-- The group tables of every fairness audit of the quarter; a group under the minimum size has no figures.
with audits as (
    select g.*, g.hidden is not null or g.n is null or g.n < $min_group as concealed
    from pql.bias_groups as g
    where as_of between $first and $last
)
select
    as_of, target, scorer, version, attribute, grp,
    case when not concealed then n end as n, case when not concealed then positives end as positives,
    case when not concealed then base_rate end as base_rate, case when not concealed then selection_rate end as selection_rate,
    case when not concealed then true_positive_rate end as true_positive_rate,
    case when not concealed then false_positive_rate end as false_positive_rate,
    case when not concealed then precision end as precision, case when not concealed then mean_score end as mean_score,
    case when not concealed then calibration_gap end as calibration_gap,
    case when concealed then coalesce(hidden, 'too_small') else reason end as reason
from audits
order by as_of, target, scorer, attribute, grp
