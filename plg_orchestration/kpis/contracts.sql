-- Paid subscriptions that run at the end of the newest complete periods, with their price a year.
select
    p.period, p.period_start, a.segment, s.channel, s.region, s.device, s.plan, b.subscription_id, 12 * b.mrr as yearly
from booked_periods as b
join kpi_periods as p on p.in_history and p.period in ('month', 'quarter')
    and b.started_date < p.period_end and b.ended_date >= p.period_end and b.known_to > $as_of
left join known_accounts as a on a.account_id = b.account_id
left join kpi_units as s on s.unit = 'account' and s.unit_id = b.account_id
