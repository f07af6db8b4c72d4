-- Units of a plain event table counted by the number of intervals of each stretch in which they were active.
with days as (
    select distinct who, cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date
    from plain_events
    where received_at < $cut and event_at < $cut
),
counted as (
    select s.period, s.period_start, s.interval, d.who, count(distinct date_trunc(s.interval, d.event_date)) as active_intervals
    from days as d
    inner join stretches as s on d.event_date >= s.period_start and d.event_date < s.period_end
    group by s.period, s.period_start, s.interval, d.who
)
select
    $unit as unit, period, period_start, interval, cast(active_intervals as integer) as active_intervals, count(*) as units
from counted
group by period, period_start, interval, active_intervals
