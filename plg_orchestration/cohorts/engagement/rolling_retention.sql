-- Of the units that entered in a cohort, how many were active in the n-th interval of fixed length after their own entry
-- (bounded), or then or later. Every member's n-th interval is over at its own moment: only those count for whom it is.
with members as (
    select
        unit, who, entry, cohort, entry_at,
        cast(row_number() over (order by who, cohort) as integer) as member,
        date_diff('microsecond', entry_at, $cut) // cast($step_microseconds as bigint) as ended,
        (date_diff('microsecond', entry_at, $cut) - 1) // cast($step_microseconds as bigint) as running
    from rolling_members
),
sizes as (
    select unit, entry, cohort, count(*) as size, max(running) as running
    from members
    group by unit, entry, cohort
),
over_by as (
    select unit, entry, cohort, least(ended - 1, $periods) as step, count(*) as units
    from members
    where ended > 0
    group by unit, entry, cohort, least(ended - 1, $periods)
),
hits as (
    select distinct
        m.member, cast(date_diff('microsecond', m.entry_at, a.active_at) // cast($step_microseconds as bigint) as integer) as step
    from members as m
    inner join rolling_activity as a on a.who = m.who and a.active_at >= m.entry_at
),
within_interval as (
    select m.unit, m.entry, m.cohort, h.step, count(*) as units
    from hits as h
    inner join members as m on m.member = h.member and h.step < m.ended
    where h.step <= $periods
    group by m.unit, m.entry, m.cohort, h.step
),
last_hits as (
    select member, max(step) as step
    from hits
    group by member
),
last_seen as (
    select m.unit, m.entry, m.cohort, least(h.step, m.ended - 1, $periods) as step, count(*) as units
    from last_hits as h
    inner join members as m on m.member = h.member and m.ended > 0
    group by m.unit, m.entry, m.cohort, least(h.step, m.ended - 1, $periods)
),
steps as (
    select unnest(range(0, $periods + 1)) as step
),
counted as (
    select
        s.unit, s.entry, s.cohort, s.size, t.step,
        coalesce(w.units, 0) as bounded,
        coalesce(sum(z.units) over (
            partition by s.unit, s.entry, s.cohort order by t.step desc rows between unbounded preceding and current row
        ), 0) as unbounded,
        coalesce(sum(o.units) over (
            partition by s.unit, s.entry, s.cohort order by t.step desc rows between unbounded preceding and current row
        ), 0) as mature_size
    from sizes as s
    inner join steps as t on t.step <= s.running
    left join over_by as o on o.unit = s.unit and o.entry = s.entry and o.cohort = s.cohort and o.step = t.step
    left join within_interval as w on w.unit = s.unit and w.entry = s.entry and w.cohort = s.cohort and w.step = t.step
    left join last_seen as z on z.unit = s.unit and z.entry = s.entry and z.cohort = s.cohort and z.step = t.step
),
modes as (
    select unit, entry, 'bounded' as mode, cohort, size, step, bounded as retained, mature_size from counted
    union all
    select unit, entry, 'unbounded' as mode, cohort, size, step, unbounded as retained, mature_size from counted
)
select
    $as_of as as_of, unit, entry, mode, $period as period, 'rolling_24h' as clock, cohort, size,
    cast(step as integer) as index,
    cast(retained as bigint) as retained,
    case when mature_size > 0 then cast(retained as double) / cast(mature_size as double) end as rate,
    mature_size = size as mature,
    cast(mature_size as bigint) as mature_size,
    cast(size - mature_size as double) / cast(size as double) as immature_share
from modes
