-- All leads of one night's file: those to be written, and those that were written before.
select idempotency_key, decision_id, as_of, route, attempts, lead
from pql.deliveries
where destination = $destination and as_of = $night and route = $route and state in ('pending', 'delivered')
order by target, queue_rank, decision_id
