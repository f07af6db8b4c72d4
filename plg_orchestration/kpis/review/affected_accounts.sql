-- How many accounts (users, where no account is known) each segment has: new ones of the last 30 days, free ones, paying ones, and
-- those with a lead who qualified in the last 30 days.
with units as (
    select case when count(*) > 0 then 'account' else 'user' end as unit from known_accounts
),
paying as (
    select distinct account_id
    from booked_periods
    where known_to > $as_of and started_date <= $as_of and ended_date > $as_of
),
leads as (
    select distinct coalesce(account_id, user_id) as unit_id
    from pql.decisions
    where as_of <= $as_of and as_of > $as_of - 30 and qualified
),
members as (
    select
        s.segment, s.signup_date > $as_of - 30 as is_new, p.account_id is not null as pays, l.unit_id is not null as is_lead
    from signups as s
    join units as n on n.unit = s.unit
    left join paying as p on p.account_id = s.unit_id
    left join leads as l on l.unit_id = s.unit_id
)
select
    case when grouping(segment) = 1 then 'all' else segment end as segment,
    count(*) filter (where is_new) as new_accounts,
    count(*) filter (where not pays) as free_accounts,
    count(*) filter (where pays) as paying_accounts,
    count(*) filter (where is_lead) as lead_accounts
from members
group by grouping sets ((), (segment))
