-- The days, weeks and months in which each user and each account was active, as numbers counted from Monday 1900-01-01.
with days as (
    select
        user_id, account_id,
        date_diff('day', date '1900-01-01', event_date) as day_number,
        year(event_date) * 12 + month(event_date) - 1 as month_number
    from behavior.user_days
    where received_date <= $as_of and event_date between $first_date and $as_of and qualifying_events > 0
)
select distinct 'user' as unit, user_id as unit_id, 'day' as period, day_number as number
from days
where user_id is not null and day_number > $day_number - $day_cohorts
union all
select distinct 'user' as unit, user_id as unit_id, 'week' as period, day_number // 7 as number
from days
where user_id is not null and day_number // 7 > $day_number // 7 - $week_cohorts
union all
select distinct 'user' as unit, user_id as unit_id, 'month' as period, month_number as number
from days
where user_id is not null
union all
select distinct 'account' as unit, account_id as unit_id, 'day' as period, day_number as number
from days
where account_id is not null and day_number > $day_number - $day_cohorts
union all
select distinct 'account' as unit, account_id as unit_id, 'week' as period, day_number // 7 as number
from days
where account_id is not null and day_number // 7 > $day_number // 7 - $week_cohorts
union all
select distinct 'account' as unit, account_id as unit_id, 'month' as period, month_number as number
from days
where account_id is not null
