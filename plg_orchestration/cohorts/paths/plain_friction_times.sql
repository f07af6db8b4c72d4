-- The rows of friction_times made of plain events: when each member first completed each step within the window.
select u.user_id, s.place, greatest(min(e.event_at), min(u.signup_at)) as done_at
from plain_events as e
inner join friction_steps as s on s.step = e.event
inner join friction_members as u on u.user_id = e.user_id
where e.received_at < $cut
group by u.user_id, s.place
having min(e.event_at) < min(u.ends_at)
