-- How often each property came with each event on each received day from $first_day to the as-of day, and of which types: as
-- noted on earlier days up to $noted_to, read from the events after that. Each text of properties is read once, since most
-- repeat. A null is no value; the rarest names are summed.
with texts as (
    select received_date, event, properties, count(*) as calls
    from ingest.events
    where received_date >= $first_day and received_date > $noted_to and received_date <= $as_of
        and kind in ('track', 'page', 'screen')
    group by received_date, event, properties
),
named as (
    select
        t.received_date as day, coalesce(d.event, '(other names)') as event, t.properties, t.calls,
        unnest(json_keys(t.properties)) as property
    from texts as t
    left join coverage_days as d on d.day = t.received_date and d.event = t.event
),
typed as (
    select
        day, event, property, calls,
        json_type(properties, '/' || replace(replace(property, '~', '~0'), '/', '~1')) as type
    from named
),
counted as (
    select
        day, event, property, sum(calls) as events,
        sum(case when type = 'VARCHAR' then calls else 0 end) as texts,
        sum(case when type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE') then calls else 0 end) as numbers,
        sum(case when type = 'BOOLEAN' then calls else 0 end) as booleans,
        sum(case when type in ('ARRAY', 'OBJECT') then calls else 0 end) as structures
    from typed
    where type <> 'NULL'
    group by day, event, property
),
ranked as (
    select *, row_number() over (partition by day, event order by events desc, property) as place
    from counted
)
select
    day, event, case when place <= $most_names then property else '(other properties)' end as property,
    cast(sum(events) as bigint) as events, cast(sum(texts) as bigint) as texts, cast(sum(numbers) as bigint) as numbers,
    cast(sum(booleans) as bigint) as booleans, cast(sum(structures) as bigint) as structures
from ranked
group by 1, 2, 3
union all
select as_of as day, event, property, events, texts, numbers, booleans, structures
from ingest.property_drift
where as_of >= $first_day and as_of <= $noted_to and events > 0
