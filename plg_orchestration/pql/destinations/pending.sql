-- What one destination is still to be sent, oldest night first, in the order of the queues.
select w.idempotency_key, w.decision_id, w.as_of, w.route, w.attempts, w.lead
from pql.deliveries as w
where w.destination = $destination and w.state = 'pending'
order by w.as_of, w.target, w.route, w.queue_rank, w.decision_id
