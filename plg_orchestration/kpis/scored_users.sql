-- Users who signed up in the newest complete week, whether their activation score has reached the threshold by the scores stored
-- for the as-of day, and the hours from signup to then, or to now. The scores know users up to 30 days after signup.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, c.user_id, c.reached_at is not null as reached,
    coalesce(c.hours_to_threshold, c.age_hours) as hours_waited
from cohorts.activation_scores as c
join kpi_units as s on s.unit = 'user' and s.unit_id = c.user_id
join kpi_periods as p on p.back = 0 and p.period = 'week' and s.signup_date >= p.period_start and s.signup_date < p.period_end
where c.as_of = $as_of
