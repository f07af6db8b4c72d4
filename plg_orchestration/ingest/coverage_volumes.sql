-- What is usual for each event on this weekday, and whether the as-of day departs from it.
-- Counts are compared as 2 sqrt(n + 3/8), whose deviation is 1 for independent events. What is usual is the median of the same
-- weekdays before; the spread is that of all days before, each against the median of the other weeks (so that a new day is
-- held to what old days would have been), and never less than 1.2: Poisson's and the median's own.
with begun as (
    select event, min(day) as first_day
    from coverage_days
    where day >= $volume_from
    group by event
),
calendar as (
    select cast(unnest(generate_series(cast($volume_from as date), cast($as_of as date), interval 1 day)) as date) as day
),
levels as (
    select
        b.event, c.day, date_diff('day', c.day, cast($as_of as date)) % 7 as weekday, coalesce(d.events, 0) as events,
        2 * sqrt(coalesce(d.events, 0) + 0.375) as level
    from begun as b
    inner join calendar as c on c.day >= b.first_day
    left join coverage_days as d on d.event = b.event and d.day = c.day
),
departures as (
    select a.event, a.day, a.level - median(o.level) as departure
    from levels as a
    inner join levels as o on o.event = a.event and o.weekday = a.weekday and o.day <> a.day
    where a.day < $as_of and o.day < $as_of
    group by a.event, a.day, a.level
),
spreads as (
    select event, greatest(1.4826 * median(abs(departure)), 1.2) as spread
    from departures
    group by event
),
compared as (
    select t.event, t.events, t.level, median(o.level) as usual, count(*) as history_days
    from levels as t
    inner join levels as o on o.event = t.event and o.weekday = t.weekday and o.day < t.day
    where t.day = $as_of
    group by t.event, t.events, t.level
),
bounded as (
    select
        c.event, c.events, c.history_days, greatest(c.usual * c.usual / 4 - 0.375, 0) as usual,
        greatest(c.usual - $limit * s.spread, 0) as low, c.usual + $limit * s.spread as high
    from compared as c
    inner join spreads as s on s.event = c.event
    where c.history_days >= $minimum_weeks
),
banded as (
    select
        event, events, history_days, usual,
        greatest(least(low * low / 4 - 0.375, usual * (1 - $minimum_change)), 0) as usual_low,
        greatest(high * high / 4 - 0.375, usual * (1 + $minimum_change)) as usual_high
    from bounded
)
select
    event, history_days, usual, usual_low, usual_high,
    case when events < usual_low then 'low' when events > usual_high then 'high' else 'usual' end as volume
from banded
