-- Accounts of which a user first activated in each month and quarter, with the days until their MRR first expanded, or until now.
-- Those that had expanded before are left out.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, a.account_id, a.expanded_date is not null as expanded,
    date_diff('day', a.activated_date, coalesce(a.expanded_date, $as_of)) as days_waited
from account_activations as a
join kpi_periods as p
    on p.in_history and p.period in ('month', 'quarter') and a.activated_date >= p.period_start and a.activated_date < p.period_end
left join kpi_units as s on s.unit = 'account' and s.unit_id = a.account_id
where coalesce(a.expanded_date >= a.activated_date, true)
