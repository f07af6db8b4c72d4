-- Those who completed every onboarding step in the window, and of these those who never activated in it.
with finished as (
    select u.user_id, u.activated_at, count(t.place) as steps
    from friction_members as u
    left join friction_times as t on t.user_id = u.user_id
    group by u.user_id, u.activated_at
)
select count(*) as reached, count(f.activated_at) as completed, count(*) - count(f.activated_at) as lost
from finished as f
where f.steps = (select count(*) from friction_steps)
