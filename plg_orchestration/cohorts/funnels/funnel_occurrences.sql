-- The entrants' events in one order, and the place of each among the steps; an event that serves several steps has several rows.
-- Events at one instant stand in the order of the first step that they serve, then of the last; those of no step come after.
with spots as (
    select
        line, source, event, row_number() over (partition by line order by min(place), max(place), source, event) as spot
    from funnel_plan
    where place is not null
    group by line, source, event
),
places as (
    select line, max(place) as places
    from funnel_plan
    group by line
),
relevant as (
    select
        n.line, n.who, e.happened_at, s.spot,
        unnest(range(0, least(e.copies, p.places))) as copy
    from funnel_events as e
    inner join funnel_entrants as n
        on n.line = e.line and n.unit_id = e.unit_id and e.happened_at >= n.first_at and e.happened_at < n.until_at
    inner join places as p on p.line = e.line
    left join spots as s on s.line = e.line and s.source = e.source and s.event = e.event
),
numbered as (
    select
        line, who, happened_at, spot,
        row_number() over (partition by who order by happened_at, spot nulls last) as position
    from relevant
),
served as (
    select distinct s.line, s.spot, p.place, p.class
    from spots as s
    inner join funnel_plan as p on p.line = s.line and p.source = s.source and p.event = s.event and p.place is not null
)
select n.line, n.who, cast(n.position as integer) as position, n.happened_at, s.place, s.class
from numbered as n
inner join served as s on s.line = n.line and s.spot = n.spot
