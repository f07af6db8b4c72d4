-- Of the units that entered in a period, how many were active in the n-th period after it (bounded), or then or later.
with frames as (
    select
        'day' as period, $day_cohorts as cohorts, $day_periods as periods, $day_number as current_number,
        $day_number as complete_number
    union all
    select
        'week' as period, $week_cohorts as cohorts, $week_periods as periods, $day_number // 7 as current_number,
        ($day_number + 1) // 7 - 1 as complete_number
    union all
    select
        'month' as period, $month_cohorts as cohorts, $month_periods as periods, $month_number as current_number,
        $complete_month_number as complete_number
),
entries as (
    select e.unit, e.unit_id, e.entry, e.period, e.number, f.periods
    from entry_periods as e
    inner join frames as f on f.period = e.period
    where e.number > f.current_number - f.cohorts and e.number <= f.current_number
),
sizes as (
    select unit, entry, period, number, count(*) as size
    from entries
    group by unit, entry, period, number
),
steps as (
    select unnest(range(0, $longest + 1)) as step
),
grid as (
    select
        s.unit, s.entry, s.period, s.number, s.size, t.step,
        s.number + t.step <= f.complete_number as mature
    from sizes as s
    inner join frames as f on f.period = s.period
    inner join steps as t on t.step <= f.periods and s.number + t.step <= f.current_number
),
within_period as (
    select e.unit, e.entry, e.period, e.number, a.number - e.number as step, count(*) as units
    from entries as e
    inner join active_periods as a
        on a.unit_id = e.unit_id and a.unit = e.unit and a.period = e.period
        and a.number between e.number and e.number + e.periods
    group by e.unit, e.entry, e.period, e.number, a.number - e.number
),
latest as (
    select unit, unit_id, period, max(number) as number
    from active_periods
    group by unit, unit_id, period
),
last_seen as (
    select e.unit, e.entry, e.period, e.number, least(l.number - e.number, e.periods) as step, count(*) as units
    from entries as e
    inner join latest as l on l.unit_id = e.unit_id and l.unit = e.unit and l.period = e.period and l.number >= e.number
    group by e.unit, e.entry, e.period, e.number, least(l.number - e.number, e.periods)
),
counted as (
    select
        g.unit, g.entry, g.period, g.number, g.size, g.step, g.mature,
        coalesce(w.units, 0) as bounded,
        coalesce(sum(l.units) over (
            partition by g.unit, g.entry, g.period, g.number
            order by g.step desc rows between unbounded preceding and current row
        ), 0) as unbounded
    from grid as g
    left join within_period as w
        on w.unit = g.unit and w.entry = g.entry and w.period = g.period and w.number = g.number and w.step = g.step
    left join last_seen as l
        on l.unit = g.unit and l.entry = g.entry and l.period = g.period and l.number = g.number and l.step = g.step
),
modes as (
    select 'bounded' as mode
    union all
    select 'unbounded' as mode
)
select
    $as_of as as_of, c.unit, c.entry, m.mode, c.period,
    case c.period
        when 'day' then date '1900-01-01' + cast(c.number as integer)
        when 'week' then date '1900-01-01' + cast(7 * c.number as integer)
        else make_date(c.number // 12, c.number % 12 + 1, 1)
    end as cohort,
    cast(c.size as bigint) as size,
    cast(c.step as integer) as index,
    cast(case when m.mode = 'bounded' then c.bounded else c.unbounded end as bigint) as retained,
    case when c.mature then cast(case when m.mode = 'bounded' then c.bounded else c.unbounded end as double) / c.size end as rate,
    c.mature
from counted as c
cross join modes as m
