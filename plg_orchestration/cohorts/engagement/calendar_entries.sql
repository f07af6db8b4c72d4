-- Every entry of a unit into a cohort, by its signup (lines 0 to 5) and by each of its active periods (lines 6 to 11), with what
-- it did from then on. A line is one combination of entry, unit and period, as in calendar_retention.sql. `top` is the newest
-- interval that has begun, at most the last one of the line; bit b of `future` stands for interval top - b; `last_step` is the
-- interval of the last activity, capped at the last one, and null without any since the entry.
with ages as (
    select cast(unnest(range(0, greatest($day_cohorts, $week_cohorts, $month_cohorts))) as integer) as age
),
units as (
    select
        unit, unit_id, days, weeks, months,
        date_diff('day', last_active, $as_of) as last_day,
        $day_number // 7 - date_diff('day', date '1900-01-01', last_active) // 7 as last_week,
        $month_number - year(last_active) * 12 - month(last_active) + 1 as last_month
    from activity
    where last_active is not null
),
spans as (
    select
        s.unit,
        date_diff('day', s.signup_date, $as_of) as day_age,
        $day_number // 7 - date_diff('day', date '1900-01-01', s.signup_date) // 7 as week_age,
        $month_number - year(s.signup_date) * 12 - month(s.signup_date) + 1 as month_age,
        coalesce(u.days, 0) as days, coalesce(u.weeks, 0) as weeks, coalesce(u.months, 0) as months,
        u.last_day, u.last_week, u.last_month
    from signups as s
    left join units as u on u.unit_id = s.unit_id and u.unit = s.unit
    where s.signup_date >= $first_date
),
entered as (
    select 0 as line, unit, cast(day_age as integer) as age, days as mask, last_day as last_age from spans
    where day_age < $day_cohorts
    union all
    select 1 as line, unit, cast(week_age as integer) as age, weeks as mask, last_week as last_age from spans
    where week_age < $week_cohorts
    union all
    select 2 as line, unit, cast(month_age as integer) as age, months as mask, last_month as last_age from spans
    where month_age < $month_cohorts
    union all
    select 6 as line, u.unit, a.age, u.days as mask, u.last_day as last_age
    from units as u
    inner join ages as a on (u.days >> a.age) & 1 = 1 and a.age < $day_cohorts
    union all
    select 7 as line, u.unit, a.age, u.weeks as mask, u.last_week as last_age
    from units as u
    inner join ages as a on (u.weeks >> a.age) & 1 = 1 and a.age < $week_cohorts
    union all
    select 8 as line, u.unit, a.age, u.months as mask, u.last_month as last_age
    from units as u
    inner join ages as a on (u.months >> a.age) & 1 = 1 and a.age < $month_cohorts
),
placed as (
    select
        case unit when 'user' then line else line + 3 end as line,
        case line % 3 when 0 then $day_number when 1 then $day_number // 7 else $month_number end - age as number,
        cast(
            least(age, case line % 3 when 0 then $day_periods when 1 then $week_periods else $month_periods end) as integer
        ) as top,
        case line % 3 when 0 then $day_periods when 1 then $week_periods else $month_periods end as periods,
        age, mask, last_age
    from entered
)
select
    line,
    cast(number as integer) as number,
    top,
    (mask >> (age - top)) & ((cast(1 as bigint) << (top + 1)) - 1) as future,
    cast(case when last_age <= age then least(age - last_age, periods) end as integer) as last_step
from placed
