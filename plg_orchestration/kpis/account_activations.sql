-- When a user of each account first activated, and when the account's MRR first expanded, if it has by the as-of day.
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
select a.account_id, a.activated_date, e.expanded_date
from activated as a
left join expanded as e on e.account_id = a.account_id
