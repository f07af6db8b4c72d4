-- Of the units active in a stretch of days, how many were active in exactly n of its intervals; every possible n has a row.
with totals as (
    select unit, period, period_start, interval, sum(units) as units
    from active_counts
    group by unit, period, period_start, interval
),
steps as (
    select cast(unnest(range(1, $longest + 1)) as integer) as active_intervals
)
select
    $as_of as as_of, t.unit, s.period, s.period_start, s.interval, n.active_intervals,
    cast(s.intervals as integer) as intervals,
    cast(coalesce(c.units, 0) as bigint) as units,
    cast(coalesce(c.units, 0) as double) / cast(t.units as double) as share
from stretches as s
inner join totals as t on t.period = s.period and t.period_start = s.period_start and t.interval = s.interval
inner join steps as n on n.active_intervals <= s.intervals
left join active_counts as c
    on c.unit = t.unit and c.period = s.period and c.period_start = s.period_start and c.interval = s.interval
    and c.active_intervals = n.active_intervals
