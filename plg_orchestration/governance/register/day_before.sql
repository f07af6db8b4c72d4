-- The register as the newest stored day before left it: each risk with its scores and what stood lowered.
select
    risk_id, as_of, likelihood, likelihood_basis, impact, residual_score, lowered_from, lowered_on, lowered_why
from governance.risks
where as_of = (select max(as_of) from governance.risks where as_of < $as_of)
order by risk_id
