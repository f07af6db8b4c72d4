-- Users who started their first product tour in each period, and when they first finished one.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, t.user_id, t.started_at, t.completed_at
from first_tours as t
join kpi_periods as p
    on p.period <> 'day' and cast((t.started_at at time zone 'UTC') at time zone $timezone as date) >= p.period_start
    and cast((t.started_at at time zone 'UTC') at time zone $timezone as date) < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = t.user_id
