-- Each active user and account with bit masks of its active days, weeks and months; bit n stands for n periods ago.
with days as (
    select
        user_id, account_id,
        date_diff('day', event_date, $as_of) as days_ago,
        $day_number // 7 - date_diff('day', date '1900-01-01', event_date) // 7 as weeks_ago,
        $month_number - year(event_date) * 12 - month(event_date) + 1 as months_ago
    from behavior.user_days
    where received_date <= $as_of and event_date between $first_date and $as_of and qualifying_events > 0
),
masks as (
    select
        'user' as unit, user_id as unit_id,
        bit_or(case when days_ago < $day_cohorts then cast(1 as bigint) << cast(days_ago as integer) else 0 end) as days,
        bit_or(case when weeks_ago < $week_cohorts then cast(1 as bigint) << cast(weeks_ago as integer) else 0 end) as weeks,
        bit_or(case when months_ago < $month_cohorts then cast(1 as bigint) << cast(months_ago as integer) else 0 end) as months
    from days
    where user_id is not null
    group by user_id
    union all
    select
        'account' as unit, account_id as unit_id,
        bit_or(case when days_ago < $day_cohorts then cast(1 as bigint) << cast(days_ago as integer) else 0 end) as days,
        bit_or(case when weeks_ago < $week_cohorts then cast(1 as bigint) << cast(weeks_ago as integer) else 0 end) as weeks,
        bit_or(case when months_ago < $month_cohorts then cast(1 as bigint) << cast(months_ago as integer) else 0 end) as months
    from days
    where account_id is not null
    group by account_id
)
select unit, unit_id, cast(row_number() over (order by unit, unit_id) as integer) as number, days, weeks, months
from masks
