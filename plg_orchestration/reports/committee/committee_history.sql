-- How each risk and each control stood on each stored day of the quarter.
select as_of, 'risk' as kind, risk_id as id, status, residual_score as score
from governance.risks
where as_of between $first and $last
union all
select as_of, 'control' as kind, control_id as id, status, cast(null as integer) as score
from governance.controls
where as_of between $first and $last
order by kind, id, as_of
