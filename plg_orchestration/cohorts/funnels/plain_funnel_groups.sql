-- The one group that each entrant of a call is counted in: all, or the breakdown's value on its first event of a first step.
select
    n.who, case when $with_total then 'all' else 'breakdown' end as dimension,
    case when $with_total then 'all' else coalesce(min(e.breakdown), 'unknown') end as dimension_value
from funnel_entrants as n
inner join plain_events as e on e.user_id = n.unit_id and e.event_at = n.first_at and e.received_at < $cut
inner join funnel_plan as p on p.event = e.event and (p.place = 1 or p.ordering = 'unordered')
group by n.who
