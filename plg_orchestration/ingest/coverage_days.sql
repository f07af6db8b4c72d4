-- How often each event came on each received day from $first_day to the as-of day: as the coverage of earlier days noted it up
-- to $noted_to, counted in the lake after that. Unnamed events beyond the $most_names most frequent of a day are summed.
with named as (
    select event from config.event_roles
    union
    select event from config.passive_events
    union
    select event from config.instrumented_events
),
counted as (
    select received_date as day, event, max(kind) as kind, count(*) as events
    from ingest.events
    where received_date >= $first_day and received_date > $noted_to and received_date <= $as_of
        and kind in ('track', 'page', 'screen')
    group by received_date, event
),
ranked as (
    select
        c.day, c.event, c.kind, c.events, n.event is not null as named,
        row_number() over (partition by c.day, n.event is not null order by c.events desc, c.event) as place
    from counted as c
    left join named as n on n.event = c.event
)
select
    day, case when named or place <= $most_names then event else '(other names)' end as event,
    max(kind) as kind, cast(sum(events) as bigint) as events
from ranked
group by 1, 2
union all
select as_of as day, event, kind, events
from ingest.coverage
where as_of >= $first_day and as_of <= $noted_to and events > 0
