-- When each user who signed up on or after $horizon first reached the activation milestone.
select m.unit_id as user_id, min(m.first_at) as activated_at
from behavior.milestones as m
join kpi_units as s on s.unit = 'user' and s.unit_id = m.unit_id and s.signup_date >= $horizon
where m.received_date <= $as_of and m.unit = 'user' and m.role = 'activation'
group by m.unit_id
