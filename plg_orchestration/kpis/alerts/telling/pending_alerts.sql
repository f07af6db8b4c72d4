-- What one receiver is still to be told, oldest night first.
select idempotency_key, alert_id, as_of, state, attempts, message
from kpis.alert_deliveries
where receiver = $receiver and delivery = 'pending'
order by as_of, alert_id, state
