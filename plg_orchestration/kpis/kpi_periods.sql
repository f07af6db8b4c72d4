-- The day, and the newest three complete ISO weeks and calendar months and two quarters, as half-open stretches of local dates.
-- `back` counts from the newest complete one (0); `newer_end` is the end of the next newer period.
select
    period, back, cast(period_start as date) as period_start, cast(period_end as date) as period_end,
    cast(newer_end as date) as newer_end, cast(cast(period_end as date) - interval 1 year as date) as year_before
from (values
    ('day', 0, $as_of, $next_day, $day_after),
    ('week', 0, $week_1, $week_0, $week_next),
    ('week', 1, $week_2, $week_1, $week_0),
    ('week', 2, $week_3, $week_2, $week_1),
    ('month', 0, $month_1, $month_0, $month_next),
    ('month', 1, $month_2, $month_1, $month_0),
    ('month', 2, $month_3, $month_2, $month_1),
    ('quarter', 0, $quarter_1, $quarter_0, $quarter_next),
    ('quarter', 1, $quarter_2, $quarter_1, $quarter_0)
) as v(period, back, period_start, period_end, newer_end)
