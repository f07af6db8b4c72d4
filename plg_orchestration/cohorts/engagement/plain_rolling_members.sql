-- Each unit of a plain event table with the instant at which it enters a calendar period's cohort: its first target event there.
with days as (
    select
        who, event_at,
        cast(date_trunc($period, cast((event_at at time zone 'UTC') at time zone $timezone as date)) as date) as cohort
    from plain_events
    where received_at < $cut and event_at < $cut and ($target is null or list_contains($target, event))
),
entered as (
    select who, cohort, min(event_at) as entry_at
    from days
    group by who, cohort
)
select $unit as unit, who, $entry as entry, cohort, entry_at
from entered
where $entry = 'recurring'
union all
select $unit as unit, who, $entry as entry, min(cohort) as cohort, min(entry_at) as entry_at
from entered
where $entry = 'first_time'
group by who
