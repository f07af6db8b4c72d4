-- How many units were new, returning, resurrected or dormant in each day, week and month; every status has a row, also of 0.
with lines as (
    select
        u.unit, p.period,
        case p.period when 'day' then $day_periods when 'week' then $week_periods else $month_periods end as kept,
        case p.period when 'day' then $day_number when 'week' then $day_number // 7 else $month_number end as running,
        case p.period
            when 'day' then $day_number when 'week' then ($day_number + 1) // 7 - 1 else $complete_month_number
        end as complete
    from (values ('user'), ('account')) as u(unit)
    cross join (values ('day'), ('week'), ('month')) as p(period)
    where list_contains($units, u.unit)
),
begun as (
    select unit, period, min(number) as number
    from period_changes
    group by unit, period
),
statuses as (
    select status from (values ('new'), ('returning'), ('resurrected'), ('dormant')) as s(status)
),
ages as (
    select cast(unnest(range(0, $longest)) as integer) as age
),
frame as (
    select l.unit, l.period, l.running - a.age as number, l.running - a.age <= l.complete as complete, s.status
    from lines as l
    inner join ages as a on a.age < l.kept
    left join begun as b on b.unit = l.unit and b.period = l.period
    cross join statuses as s
    where l.running - a.age >= coalesce($first_number, b.number)
),
counted as (
    select
        unit, period, number,
        case
            when not active then 'dormant'
            when first_ever then 'new'
            when active_before then 'returning'
            else 'resurrected'
        end as status,
        sum(units) as units
    from period_changes
    group by
        unit, period, number,
        case
            when not active then 'dormant'
            when first_ever then 'new'
            when active_before then 'returning'
            else 'resurrected'
        end
)
select
    $as_of as as_of, f.unit, f.period,
    case f.period
        when 'day' then date '1900-01-01' + cast(f.number as integer)
        when 'week' then date '1900-01-01' + cast(7 * f.number as integer)
        else make_date(f.number // 12, f.number % 12 + 1, 1)
    end as period_start,
    f.status,
    cast(coalesce(c.units, 0) as bigint) as users,
    f.complete
from frame as f
left join counted as c on c.unit = f.unit and c.period = f.period and c.number = f.number and c.status = f.status
