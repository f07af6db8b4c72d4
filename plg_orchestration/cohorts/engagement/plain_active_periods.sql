-- The periods in which each user of a plain event table did a returning event, numbered as in retention.sql.
with days as (
    select who, cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date
    from plain_events
    where received_at < $cut and event_at < $cut and ($returning is null or list_contains($returning, event))
)
select distinct
    case $period when 'day' then 0 when 'week' then 1 else 2 end as line,
    who,
    cast(case $period
        when 'day' then date_diff('day', date '1900-01-01', event_date)
        when 'week' then date_diff('day', date '1900-01-01', event_date) // 7
        else year(event_date) * 12 + month(event_date) - 1
    end as integer) as number
from days
