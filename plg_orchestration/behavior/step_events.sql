-- Every occurrence of an event that a funnel or an activation rule names, as it became known on each received day.
select e.received_date, e.event_date, e.user_id, e.account_id, e.event, e.event_at, count(*) as events
from resolved_events as e
inner join wanted_events as w on w.event = e.event
group by e.received_date, e.event_date, e.user_id, e.account_id, e.event, e.event_at
