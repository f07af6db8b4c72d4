-- Each team's queue on one line: who is handed over, who waits and since when, who is held back or left alone, and what is due first.
select
    d.route,
    count(*) filter (where d.handed_over) as handed_over,
    count(*) filter (where d.queue_rank is not null and not d.handed_over) as waiting,
    max(c.leads_per_day) as capacity,
    min(d.due_at) as due_first,
    min(d.queued_since) filter (where d.queue_rank is not null and not d.handed_over) as waiting_since,
    count(*) filter (where d.holdout) as held_out,
    count(*) filter (where d.suppressed_reason is not null and not d.holdout) as left_alone,
    count(*) filter (where d.override_id is not null) as overridden
from pql.decisions as d
left join config.route_capacity as c on c.route = d.route
where d.as_of = $as_of
group by d.route
order by d.route
