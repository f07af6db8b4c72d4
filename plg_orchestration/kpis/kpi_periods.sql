-- The newest complete days, ISO weeks, calendar months and quarters, as half-open stretches of local dates.
-- `back` counts from the newest complete one (0); `newer_end` is the end of the next newer period; `in_history` says that it is
-- among the newest $days, $weeks, $months or $quarters. Older ones stand here for windows that close late.
with places as (
    select cast(unnest(range(0, greatest($days, $weeks, $months, $quarters, $closing_months))) as integer) as back
),
short as (
    select 'day' as period, back, 1 as length, cast($next_day as date) as newest_end, back < $days as in_history
    from places
    where back < $days
    union all
    select 'week' as period, back, 7 as length, cast($monday as date) as newest_end, back < $weeks as in_history
    from places
    where back < greatest($weeks, $closing_weeks)
),
long as (
    select 'month' as period, back, 1 as length, cast($month_number as integer) - back - 1 as number, back < $months as in_history
    from places
    where back < greatest($months, $closing_months)
    union all
    select
        'quarter' as period, back, 3 as length, cast($quarter_number as integer) - 3 * back - 3 as number,
        back < $quarters as in_history
    from places
    where back < greatest($quarters, $closing_quarters)
),
stretches as (
    select
        period, back, newest_end - length * (back + 1) as period_start, newest_end - length * back as period_end,
        newest_end - length * (back - 1) as newer_end, in_history
    from short
    union all
    select
        period, back, make_date(number // 12, number % 12 + 1, 1) as period_start,
        make_date((number + length) // 12, (number + length) % 12 + 1, 1) as period_end,
        make_date((number + 2 * length) // 12, (number + 2 * length) % 12 + 1, 1) as newer_end, in_history
    from long
)
select
    period, back, period_start, period_end, newer_end, cast(period_end - interval 1 year as date) as year_before, in_history
from stretches
