-- Users of accounts without MRR at the start of each month and quarter who had been active in the 30 days before it, and whether
-- they were seen in it. Of a user's active days exactly one is the last before a period's start.
with asked as (
    select period, period_start, period_end from kpi_periods where in_history and period in ('month', 'quarter')
),
payers as (
    select distinct b.account_id, p.period, p.period_start
    from booked_periods as b
    join asked as p on b.started_date < p.period_start and b.ended_date >= p.period_start and b.known_to > $as_of
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, d.user_id,
    coalesce(d.next_date < p.period_end, false) as seen
from active_days as d
join asked as p
    on d.event_date < p.period_start and d.event_date >= p.period_start - 30 and coalesce(d.next_date >= p.period_start, true)
left join kpi_units as s on s.unit = 'user' and s.unit_id = d.user_id
left join payers as y
    on y.account_id = coalesce(s.account_id, d.account_id) and y.period = p.period and y.period_start = p.period_start
where y.account_id is null
