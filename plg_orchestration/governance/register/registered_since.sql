-- Since when each risk stands in the register, as far as stored days say.
select risk_id, min(as_of) as since
from governance.risks
where as_of <= $as_of
group by risk_id
order by risk_id
