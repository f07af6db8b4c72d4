-- When each member first completed each onboarding step within the window.
select u.user_id, s.place, greatest(min(m.first_at), min(u.signup_at)) as done_at
from behavior.milestones as m
inner join friction_steps as s on s.step = m.item
inner join friction_members as u on u.user_id = m.unit_id
where m.received_date between $first_date - 1 and $as_of and m.unit = 'user' and m.role = 'onboarding_step'
group by u.user_id, s.place
having min(m.first_at) < min(u.ends_at)
