-- The controls of the as-of day, the worst first.
select
    control_id, risk_id, question, metric, unit, value, judged, threshold, alert, status, evidence, severity, mandatory, owner,
    failed_since
from governance.controls
where as_of = $as_of
order by
    case status when 'failed' then 0 when 'degraded' then 1 when 'no_data' then 2 else 3 end,
    control_id
