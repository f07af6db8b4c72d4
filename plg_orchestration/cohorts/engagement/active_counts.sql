-- Units counted by the number of days, or of calendar weeks, of each stretch in which they were active, by their masks of days.
with masks as (
    select unit, days, count(*) as units
    from activity
    where days <> 0
    group by unit, days
),
aged as (
    select
        period, period_start, period_end, interval,
        cast(date_diff('day', period_end, $as_of) + 1 as integer) as age,
        cast(date_diff('day', period_start, period_end) as integer) as length
    from stretches
),
offsets as (
    select cast(unnest(range(0, 6)) as integer) as place
),
weeks as (
    select
        a.period, a.period_start, a.interval, a.period_end,
        greatest(a.period_start, cast(date_trunc('week', a.period_start) as date) + 7 * o.place) as first_date,
        least(a.period_end, cast(date_trunc('week', a.period_start) as date) + 7 * o.place + 7) as end_date
    from aged as a
    cross join offsets as o
    where a.interval = 'week' and cast(date_trunc('week', a.period_start) as date) + 7 * o.place < a.period_end
),
counted as (
    select
        m.unit, a.period, a.period_start, a.interval, m.units,
        bit_count((m.days >> a.age) & ((cast(1 as bigint) << a.length) - 1)) as active_intervals
    from masks as m
    cross join aged as a
    where a.interval = 'day'
    union all
    select
        m.unit, w.period, w.period_start, w.interval, max(m.units) as units,
        count(*) filter (
            where (m.days >> cast(date_diff('day', w.end_date, $as_of) + 1 as integer))
            & ((cast(1 as bigint) << cast(date_diff('day', w.first_date, w.end_date) as integer)) - 1) <> 0
        ) as active_intervals
    from masks as m
    cross join weeks as w
    group by m.unit, m.days, w.period, w.period_start, w.interval
)
select
    unit, period, period_start, interval,
    cast(active_intervals as integer) as active_intervals,
    cast(sum(units) as bigint) as units
from counted
where active_intervals > 0
group by unit, period, period_start, interval, active_intervals
