-- Units of a plain event table counted as in period_changes.sql, from every event that was known.
with days as (
    select who, cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date
    from plain_events
    where received_at < $cut and event_at < $cut
),
periods as (
    select distinct
        who,
        cast(case $period
            when 'day' then date_diff('day', date '1900-01-01', event_date)
            when 'week' then date_diff('day', date '1900-01-01', event_date) // 7
            else year(event_date) * 12 + month(event_date) - 1
        end as integer) as number
    from days
),
framed as (
    select
        number,
        lag(number) over (partition by who order by number) as earlier,
        lead(number) over (partition by who order by number) as later
    from periods
),
changes as (
    select number, true as active, coalesce(earlier = number - 1, false) as active_before, earlier is null as first_ever
    from framed
    union all
    select number + 1 as number, false as active, true as active_before, false as first_ever
    from framed
    where later is null or later > number + 1
)
select $unit as unit, $period as period, number, active, active_before, first_ever, count(*) as units
from changes
group by number, active, active_before, first_ever
