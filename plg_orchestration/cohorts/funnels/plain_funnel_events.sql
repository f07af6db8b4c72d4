-- Plain events as funnel_events: those known before the cut; of a strict funnel all, of others those that a step names.
select p.line, e.user_id as unit_id, e.event_at as happened_at, 'event' as source, e.event, 1 as copies
from plain_events as e
inner join (select distinct line, ordering from funnel_plan) as p on true
where
    e.event_at < $cut and e.received_at < $cut
    and (p.ordering = 'strict' or e.event in (select event from funnel_plan))
