-- When each user first started a product tour, and when they first finished one.
select
    m.unit_id as user_id, min(m.first_at) filter (where m.role = 'tour_started') as started_at,
    min(m.first_at) filter (where m.role = 'tour_completed') as completed_at
from behavior.milestones as m
left join excluded as x on x.unit = 'user' and x.unit_id = m.unit_id
where
    m.received_date between $horizon and $as_of and m.unit = 'user' and m.role in ('tour_started', 'tour_completed')
    and x.unit_id is null
group by m.unit_id
