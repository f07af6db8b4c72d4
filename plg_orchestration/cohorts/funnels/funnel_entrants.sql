-- The units that took a first step in the funnel's weeks, numbered, with the span of their events that can matter.
with plan as (
    select distinct line, ordering, window_seconds, first_date, source, event
    from funnel_plan
    where place = 1 or (ordering = 'unordered' and place is not null)
),
entered as (
    select
        e.line, e.unit_id, min(e.happened_at) as first_at,
        max(e.happened_at) + max(p.window_seconds) * interval 1 second as until_at
    from funnel_events as e
    inner join plan as p on p.line = e.line and p.source = e.source and p.event = e.event
    where
        p.first_date is null
        or cast((e.happened_at at time zone 'UTC') at time zone $timezone as date) >= p.first_date
    group by e.line, e.unit_id
)
select line, unit_id, cast(row_number() over (order by line, unit_id) as integer) as who, first_at, until_at
from entered
