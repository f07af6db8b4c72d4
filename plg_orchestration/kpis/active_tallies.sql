-- How many users were active on the last day of each period, in the 7, the 14 and the 30 days that end with it. Of a user's
-- active days exactly one is the last before a period's end.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan,
    count(*) filter (where d.event_date >= p.period_end - 1) as users_1,
    count(*) filter (where d.event_date >= p.period_end - 7) as users_7,
    count(*) filter (where d.event_date >= p.period_end - 14) as users_14, count(*) as users_30
from active_days as d
join kpi_periods as p
    on p.in_history and p.period <> 'quarter' and d.event_date < p.period_end and d.event_date >= p.period_end - 30
    and coalesce(d.next_date >= p.period_end, true)
left join kpi_units as s on s.unit = 'user' and s.unit_id = d.user_id
group by p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan
