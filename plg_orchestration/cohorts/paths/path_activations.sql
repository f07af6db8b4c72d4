-- When each user first reached the activation milestone, as known at the as-of day.
select unit_id as user_id, min(first_at) as activated_at
from behavior.milestones
where received_date between $first_date - 1 and $as_of and unit = 'user' and role = 'activation'
group by unit_id
