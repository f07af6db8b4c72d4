-- The rows of gate_exposures made of plain exposures and goals.
select
    'plain' as kind, e.item, 'all' as bucket, 0 as place, e.user_id, e.exposed_at,
    min(g.goal_at) filter (where g.goal_at >= e.exposed_at and g.goal_at < $cut) as goal_at
from plain_exposures as e
left join plain_goals as g on g.user_id = e.user_id
where e.exposed_at < $cut
group by e.item, e.user_id, e.exposed_at
