-- When each user first started a product tour, and when they first finished one.
select
    unit_id as user_id, min(first_at) filter (where role = 'tour_started') as started_at,
    min(first_at) filter (where role = 'tour_completed') as completed_at
from behavior.milestones
where received_date between $horizon and $as_of and unit = 'user' and role in ('tour_started', 'tour_completed')
group by unit_id
