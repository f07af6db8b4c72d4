-- Of the units that entered in a calendar period, how many were active in the n-th one after it (bounded), or then or later.
-- Periods are numbered: days and weeks from Monday 1900-01-01, months as year * 12 + month - 1. A line is one combination of
-- entry, unit and period.
with lines as (
    select
        6 * e.line + 3 * u.line + p.line as line, e.entry, u.unit, p.period,
        case p.line when 0 then $day_periods when 1 then $week_periods else $month_periods end as periods,
        case p.line when 0 then $day_number when 1 then $day_number // 7 else $month_number end as running,
        case p.line when 0 then $day_number when 1 then ($day_number + 1) // 7 - 1 else $complete_month_number end as complete
    from (values (0, 'first_time'), (1, 'recurring')) as e(line, entry)
    cross join (values (0, 'user'), (1, 'account')) as u(line, unit)
    cross join (values (0, 'day'), (1, 'week'), (2, 'month')) as p(line, period)
),
steps as (
    select unnest(range(0, $longest + 1)) as step
),
counted as (
    select
        l.entry, l.unit, l.period, s.number, s.units as size, t.step,
        s.number + t.step <= l.complete as mature,
        coalesce(w.units, 0) as bounded,
        coalesce(sum(z.units) over (
            partition by s.line, s.number order by t.step desc rows between unbounded preceding and current row
        ), 0) as unbounded
    from retention_counts as s
    inner join lines as l on l.line = s.line
    inner join steps as t on t.step <= l.periods and s.number + t.step <= l.running
    left join retention_counts as w on w.kind = 'within' and w.line = s.line and w.number = s.number and w.step = t.step
    left join retention_counts as z on z.kind = 'last' and z.line = s.line and z.number = s.number and z.step = t.step
    where s.kind = 'size'
),
modes as (
    select entry, unit, 'bounded' as mode, period, number, size, step, bounded as retained, mature from counted
    union all
    select entry, unit, 'unbounded' as mode, period, number, size, step, unbounded as retained, mature from counted
)
select
    $as_of as as_of, unit, entry, mode, period, 'calendar' as clock,
    case period
        when 'day' then date '1900-01-01' + cast(number as integer)
        when 'week' then date '1900-01-01' + cast(7 * number as integer)
        else make_date(number // 12, number % 12 + 1, 1)
    end as cohort,
    size,
    cast(step as integer) as index,
    cast(retained as bigint) as retained,
    case when mature then cast(retained as double) / size end as rate,
    mature,
    case when mature then size else 0 end as mature_size,
    case when mature then 0.0e0 else 1.0e0 end as immature_share
from modes
