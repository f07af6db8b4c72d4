-- Units counted by whether they were active in a day, week or month, in the one before it, and for the first time ever.
-- Periods are numbered as in calendar_retention.sql; a unit that was active in neither of the two has no row.
with masks as (
    select
        unit, days, weeks, months, first_active,
        date_diff('day', date '1900-01-01', first_active) as first_day,
        year(first_active) * 12 + month(first_active) - 1 as first_month
    from activity
),
numbered as (
    select unit, 'day' as period, days as mask, first_day as first_number, $day_number as running, $day_periods as kept
    from masks
    union all
    select
        unit, 'week' as period, weeks as mask, first_day // 7 as first_number, $day_number // 7 as running, $week_periods as kept
    from masks
    union all
    select unit, 'month' as period, months as mask, first_month as first_number, $month_number as running, $month_periods as kept
    from masks
),
alike as (
    select unit, period, mask, first_number, running, kept, count(*) as units
    from numbered
    where mask <> 0
    group by unit, period, mask, first_number, running, kept
),
ages as (
    select cast(unnest(range(0, $longest)) as integer) as age
)
select
    m.unit, m.period,
    cast(m.running - a.age as integer) as number,
    (m.mask >> a.age) & 1 = 1 as active,
    (m.mask >> (a.age + 1)) & 1 = 1 as active_before,
    m.first_number = m.running - a.age as first_ever,
    cast(sum(m.units) as bigint) as units
from alike as m
inner join ages as a on a.age < m.kept and ((m.mask | (m.mask >> 1)) >> a.age) & 1 = 1
group by
    m.unit, m.period, m.running - a.age, (m.mask >> a.age) & 1 = 1, (m.mask >> (a.age + 1)) & 1 = 1,
    m.first_number = m.running - a.age
