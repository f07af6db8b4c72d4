-- What was tried against unfairness in the trainings of the quarter, at which price, and what was chosen.
select
    as_of, target, version, variant, method, kind, status, validation_lift, validation_disparity, validation_verdict, auc, lift,
    lift_low, lift_high, selection_rate, disparity, verdict, attribute_at_prediction, chosen, reason
from pql.mitigation
where as_of between $first and $last
order by as_of, target, variant
