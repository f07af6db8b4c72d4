-- The risk register as it stood on each day of the quarter.
select
    as_of, risk_id, title, category, priority, likelihood, impact, inherent_score, residual_score, status, owner, escalation,
    controls, effective, accepted_until, reason
from governance.risks
where as_of between $first and $last
order by as_of, risk_id
