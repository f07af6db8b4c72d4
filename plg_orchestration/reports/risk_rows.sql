-- The risk register on the as-of day.
select
    risk_id, title, category, priority, likelihood, impact, inherent_score, residual_score, status, owner, escalation, controls,
    effective, reason
from governance.risks
where as_of = $as_of
order by residual_score desc, inherent_score desc, risk_id
