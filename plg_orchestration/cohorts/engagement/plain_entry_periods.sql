-- The periods in which each user of a plain event table enters a cohort by a target event: the first one, or every one.
with days as (
    select who, cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date
    from plain_events
    where received_at < $cut and event_at < $cut and ($target is null or list_contains($target, event))
),
entered as (
    select distinct
        who,
        case $period when 'day' then 0 when 'week' then 1 else 2 end as line,
        cast(case $period
            when 'day' then date_diff('day', date '1900-01-01', event_date)
            when 'week' then date_diff('day', date '1900-01-01', event_date) // 7
            else year(event_date) * 12 + month(event_date) - 1
        end as integer) as number
    from days
)
select line + 6 as line, who, number
from entered
where $entry = 'recurring'
union all
select line, who, min(number) as number
from entered
where $entry = 'first_time'
group by line, who
