-- How many users were active on the last day of each period, in the 7, the 14 and the 30 days that end with it. Of a user's
-- active days exactly one is the last before a period's end; days alike in all that matters are counted together first.
with alike as (
    select
        d.event_date, least(d.next_date, d.event_date + 30) as until_date, s.segment, s.channel, s.region, s.device, s.plan,
        count(*) as users
    from active_days as d
    left join kpi_units as s on s.unit = 'user' and s.unit_id = d.user_id
    group by d.event_date, least(d.next_date, d.event_date + 30), s.segment, s.channel, s.region, s.device, s.plan
)
select
    p.period, p.period_start, a.segment, a.channel, a.region, a.device, a.plan,
    coalesce(sum(a.users) filter (where a.event_date >= p.period_end - 1), 0) as users_1,
    coalesce(sum(a.users) filter (where a.event_date >= p.period_end - 7), 0) as users_7,
    coalesce(sum(a.users) filter (where a.event_date >= p.period_end - 14), 0) as users_14, sum(a.users) as users_30
from alike as a
join kpi_periods as p
    on p.in_history and p.period <> 'quarter' and a.event_date < p.period_end and a.event_date >= p.period_end - 30
    and a.until_date >= p.period_end
group by p.period, p.period_start, a.segment, a.channel, a.region, a.device, a.plan
