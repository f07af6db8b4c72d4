-- The periods in which each unit enters a cohort: that of its signup (lines 0 to 5), and every active one (lines 6 to 11).
with days as (
    select
        case s.unit when 'user' then 0 else 3 end as line,
        3 * u.number as who,
        date_diff('day', date '1900-01-01', s.signup_date) as day_number,
        year(s.signup_date) * 12 + month(s.signup_date) - 1 as month_number
    from signups as s
    left join active_units as u on u.unit_id = s.unit_id and u.unit = s.unit
    where s.signup_date >= $first_date
)
select line, who, cast(day_number as integer) as number from days
union all
select line + 1 as line, who + 1 as who, cast(day_number // 7 as integer) as number from days
union all
select line + 2 as line, who + 2 as who, cast(month_number as integer) as number from days
union all
select line + 6 as line, who, number from active_periods
