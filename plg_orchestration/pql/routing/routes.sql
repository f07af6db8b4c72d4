-- The queue of each team on the as-of day: decisions that may be acted on, in the order in which to act.
select
    d.as_of, d.target, d.route, d.queue_rank,
    case when d.handed_over then 'handed_over' else 'queued' end as status,
    c.leads_per_day as capacity,
    d.decision_id, d.user_id, d.account_id, d.score, d.sla_hours, d.due_at, d.top_reasons, d.queued_since, d.override_id
from pql.decisions as d
left join config.route_capacity as c on c.route = d.route
where d.as_of = $as_of and d.queue_rank is not null
