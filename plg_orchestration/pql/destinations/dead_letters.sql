-- The deliveries that were given up.
select
    destination, decision_id, idempotency_key, as_of, target, route, user_id, settled_as_of as dead_as_of, attempts, last_status,
    last_answer, remedy
from pql.deliveries
where state = 'dead'
