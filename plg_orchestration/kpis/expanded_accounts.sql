-- Accounts whose MRR first expanded in the newest complete periods, and the days since a user of theirs first activated.
with expanded as (
    select account_id, min(date) as expanded_date
    from revenue.mrr_movements
    where date <= $as_of and movement = 'expansion'
    group by account_id
),
activated as (
    select u.account_id, min(cast((a.activated_at at time zone 'UTC') at time zone $timezone as date)) as activated_date
    from first_activations as a
    join kpi_units as u on u.unit = 'user' and u.unit_id = a.user_id
    where u.account_id is not null
    group by u.account_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, e.account_id,
    date_diff('day', a.activated_date, e.expanded_date) as days_to_expansion
from expanded as e
join activated as a on a.account_id = e.account_id and a.activated_date <= e.expanded_date
join kpi_periods as p on p.in_history and e.expanded_date >= p.period_start and e.expanded_date < p.period_end
left join kpi_units as s on s.unit = 'account' and s.unit_id = e.account_id
