-- Accounts whose MRR first expanded in the newest complete periods, and the days since a user of theirs first activated.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, e.account_id,
    date_diff('day', e.activated_date, e.expanded_date) as days_to_expansion
from account_activations as e
join kpi_periods as p on p.in_history and e.expanded_date >= p.period_start and e.expanded_date < p.period_end
left join kpi_units as s on s.unit = 'account' and s.unit_id = e.account_id
where e.activated_date <= e.expanded_date
