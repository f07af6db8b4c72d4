-- Users who started their first product tour in each period, and when they first finished one.
with tours as (
    select
        unit_id, min(first_at) filter (where role = 'tour_started') as started_at,
        min(first_at) filter (where role = 'tour_completed') as completed_at
    from behavior.milestones
    where received_date between $horizon and $as_of and unit = 'user' and role in ('tour_started', 'tour_completed')
    group by unit_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, t.unit_id as user_id, t.started_at,
    t.completed_at
from tours as t
join kpi_periods as p
    on cast((t.started_at at time zone 'UTC') at time zone $timezone as date) >= p.period_start
    and cast((t.started_at at time zone 'UTC') at time zone $timezone as date) < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = t.unit_id
