-- The leads that were handed over on the day, for each destination that takes them and has not got the user for that team and day.
select
    t.destination, d.decision_id, d.as_of, d.user_id, d.account_id, d.target, d.scorer, d.version, d.score, d.percentile,
    d.threshold, d.qualified, d.route, d.sla_hours, d.due_at, d.queue_rank, d.top_reasons
from pql.decisions as d
inner join config.destination_takes as t
    on (t.route = d.route or (t.route = '*' and d.sla_hours is not null)) and (t.target = d.target or t.target = '*')
left join pql.deliveries as b
    on b.destination = t.destination and b.as_of = d.as_of and b.target = d.target and b.user_id = d.user_id and b.route = d.route
    and b.state not in ('withdrawn', 'dry_run')
where d.as_of = $as_of and d.handed_over and not d.holdout and d.suppressed_reason is null and b.destination is null
order by t.destination, d.target, d.route, d.queue_rank, d.decision_id
