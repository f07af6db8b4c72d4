-- One decision as it stands, and its night: how many were scored, how many qualified, and who stood on the route's list.
with decided as (
    select * from pql.decisions where decision_id = $decision_id
),
crowd as (
    select count(*) as scored_people, count(*) filter (where s.is_pql) as qualified_people
    from pql.scores as s
    inner join decided as d on d.as_of = s.as_of and d.target = s.target and d.scorer = s.scorer and d.version = s.version
),
listed as (
    select
        count(*) filter (where o.queue_rank is not null) as on_list,
        count(*) filter (where o.handed_over) as handed_over_on_list
    from pql.decisions as o
    inner join decided as d on d.as_of = o.as_of and d.target = o.target and d.route = o.route
),
team as (
    select max(r.capacity) as capacity
    from pql.routes as r
    inner join decided as d on d.as_of = r.as_of and d.target = r.target and d.route = r.route
)
select
    d.*,
    case
        when d.holdout then 'held_out'
        when d.suppressed_reason is not null then 'suppressed'
        when d.handed_over then 'handed_over'
        else 'queued'
    end as status,
    c.scored_people, c.qualified_people, l.on_list, l.handed_over_on_list, t.capacity
from decided as d
cross join crowd as c
cross join listed as l
cross join team as t
