-- Everybody whom the viral coefficients of cohorts.viral average, on the as-of day: the invites of 30 days that ended 14 days ago,
-- what came of them, and whether referred users stayed.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, m.user_id, m.invites, m.invitees_activated,
    m.retained
from viral_members as m
join kpi_periods as p on p.period = 'day' and p.back = 0
left join kpi_units as s on s.unit = 'user' and s.unit_id = m.user_id
left join excluded as x on x.unit = 'user' and x.unit_id = m.user_id
where x.unit_id is null
