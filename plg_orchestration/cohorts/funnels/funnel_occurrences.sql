-- The entrants' events in one order, and the place of each among the steps; an event that serves several steps has several rows.
-- Events at one instant stand in the order of the first step that they serve, then of the last; those of no step come after.
with spots as (
    select line, source, event, min(place) as first_place, max(place) as last_place
    from funnel_plan
    where place is not null
    group by line, source, event
),
places as (
    select line, max(place) as places from funnel_plan group by line
),
copies as (
    select unnest(range(0, (select coalesce(max(place), 0) from funnel_plan))) as copy
),
relevant as (
    select n.line, n.who, e.happened_at, e.source, e.event, s.first_place, s.last_place
    from funnel_events as e
    inner join funnel_entrants as n
        on n.line = e.line and n.unit_id = e.unit_id and e.happened_at >= n.first_at and e.happened_at < n.until_at
    inner join places as p on p.line = e.line
    inner join copies as c on c.copy < e.copies and c.copy < p.places
    left join spots as s on s.line = e.line and s.source = e.source and s.event = e.event
),
numbered as (
    select
        line, who, happened_at, source, event,
        row_number() over (
            partition by who order by happened_at, first_place nulls last, last_place nulls last, source, event
        ) as position
    from relevant
)
select n.line, n.who, cast(n.position as integer) as position, n.happened_at, p.place, p.class
from numbered as n
inner join (select distinct line, source, event, place, class from funnel_plan where place is not null) as p
    on p.line = n.line and p.source = n.source and p.event = n.event
