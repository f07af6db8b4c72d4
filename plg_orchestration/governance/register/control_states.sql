-- The controls of two days side by side: what each asked, what it measured, and how it stood.
select as_of, control_id, risk_id, metric, threshold, alert, mandatory, status, judged
from governance.controls
where as_of = $as_of or as_of = $before
order by as_of, control_id
