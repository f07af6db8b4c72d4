-- The newest complete weeks and the newest complete month, as half-open stretches of days, with the intervals counted in each.
with weeks as (
    select
        'week' as period,
        date '1900-01-01' + cast(7 * (($day_number + 1) // 7 - 1 - unnest(range(0, $weeks))) as integer) as period_start
),
stretches as (
    select period, period_start, period_start + 7 as period_end from weeks
    union all
    select
        'month' as period,
        make_date($complete_month_number // 12, $complete_month_number % 12 + 1, 1) as period_start,
        make_date(($complete_month_number + 1) // 12, ($complete_month_number + 1) % 12 + 1, 1) as period_end
)
select period, period_start, period_end, 'day' as interval, date_diff('day', period_start, period_end) as intervals
from stretches
union all
select
    period, period_start, period_end, 'week' as interval,
    date_diff('day', date '1900-01-01', period_end - 1) // 7 + 1
    - date_diff('day', date '1900-01-01', period_start) // 7 as intervals
from stretches
where period = 'month'
