-- What is last known of the decision's service level.
select as_of, sla_hours, handed_over_at, due_at, contacted_at, contact, status, hours_to_contact, days_in_queue
from pql.sla
where decision_id = $decision_id
order by as_of desc
limit 1
