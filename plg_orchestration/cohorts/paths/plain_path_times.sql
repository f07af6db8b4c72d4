-- The rows of path_times made of plain events: when each member first took each step within the first days.
select u.user_id, e.event as step, min(s.place) as place, greatest(min(e.event_at), min(u.signup_at)) as first_at
from plain_events as e
inner join path_steps as s on s.step = e.event
inner join path_members as u on u.user_id = e.user_id
where e.received_at < $cut
group by u.user_id, e.event
having min(e.event_at) < min(u.signup_at) + cast($first_days as integer) * interval 1 day
