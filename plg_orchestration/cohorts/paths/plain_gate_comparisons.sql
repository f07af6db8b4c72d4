-- The rows of gate_comparisons made of plain times from which users are watched, for every item.
select
    'plain' as kind, k.item, 'all' as bucket, u.user_id, u.exposed_at,
    min(g.goal_at) filter (where g.goal_at >= u.exposed_at and g.goal_at < $cut) as goal_at, 1 as weight
from plain_unexposed as u
cross join (select distinct item from gate_exposures) as k
left join plain_goals as g on g.user_id = u.user_id
where u.exposed_at < $cut
group by k.item, u.user_id, u.exposed_at
