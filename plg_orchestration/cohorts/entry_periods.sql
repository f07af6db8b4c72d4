-- The periods in which each unit enters a cohort: that of its signup (first_time), and every active one (recurring).
with days as (
    select
        unit, unit_id,
        date_diff('day', date '1900-01-01', signup_date) as day_number,
        year(signup_date) * 12 + month(signup_date) - 1 as month_number
    from signups
    where signup_date >= $first_date
)
select unit, unit_id, 'first_time' as entry, 'day' as period, day_number as number from days
union all
select unit, unit_id, 'first_time' as entry, 'week' as period, day_number // 7 as number from days
union all
select unit, unit_id, 'first_time' as entry, 'month' as period, month_number as number from days
union all
select unit, unit_id, 'recurring' as entry, period, number from active_periods
