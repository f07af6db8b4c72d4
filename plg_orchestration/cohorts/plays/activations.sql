-- When each user reached the activation milestone, by the event that plays that role.
select unit_id as user_id, min(first_at) as activated_at
from behavior.milestones
where unit = 'user' and role = 'activation' and received_date <= $as_of
group by unit_id
