-- Uptime of the least available vendor in the window: minutes up / minutes observed.
with vendors as (
    select vendor, sum(minutes_up) as minutes_up, sum(minutes) as minutes
    from known_uptime
    where cast(day as date) > $uptime_date and cast(day as date) <= $as_of
    group by vendor
    having sum(minutes) > 0
),
rates as (
    select vendor, minutes_up, minutes, cast(minutes_up as double) / minutes as rate from vendors
)
select
    min(rate) as value,
    cast(arg_min(minutes_up, rate) as double) as numerator,
    cast(arg_min(minutes, rate) as double) as denominator,
    coalesce(
        arg_min(vendor, rate) || ' was available least: ' || cast(round(100 * min(rate), 2) as varchar) || ' % of the minutes since '
        || cast($uptime_date as varchar) || ', among ' || cast(count(*) as varchar) || ' vendors',
        'no uptime was recorded after ' || cast($uptime_date as varchar)
    ) as detail
from rates
