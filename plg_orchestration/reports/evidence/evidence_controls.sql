-- Every control on each day of the quarter, with the figure that was judged.
select
    as_of, control_id, risk_id, question, metric, unit, value, judged, numerator, denominator, threshold, alert, status, evidence,
    severity, mandatory, owner
from governance.controls
where as_of between $first and $last
order by as_of, control_id
