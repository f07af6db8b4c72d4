-- When each member first took each step, within the first days after the signup.
select u.user_id, s.step, min(s.place) as place, greatest(min(m.first_at), min(u.signup_at)) as first_at
from behavior.milestones as m
inner join path_steps as s on s.role = m.role and s.item = m.item
inner join path_members as u on u.user_id = m.unit_id
where m.received_date <= $as_of and m.unit = 'user'
group by u.user_id, s.step
having min(m.first_at) < min(u.signup_at) + cast($first_days as integer) * interval 1 day
