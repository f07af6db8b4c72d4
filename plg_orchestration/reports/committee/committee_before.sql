-- How each risk and each control stood on the last stored day before the quarter.
select 'risk' as kind, risk_id as id, status, residual_score as score, as_of
from governance.risks
where as_of = (select max(as_of) from governance.risks where as_of < $first)
union all
select 'control' as kind, control_id as id, status, cast(null as integer) as score, as_of
from governance.controls
where as_of = (select max(as_of) from governance.controls where as_of < $first)
order by kind, id
