-- Users who signed up in each period, with what their channel is and when they activated.
select
    p.period, p.period_start, s.segment, s.unit_id as user_id, s.signup_at, c.organic, a.activated_at
from signups as s
join kpi_periods as p on s.signup_date >= p.period_start and s.signup_date < p.period_end
left join config.channels as c on c.channel = s.channel
left join first_activations as a on a.user_id = s.unit_id
where s.unit = 'user'
