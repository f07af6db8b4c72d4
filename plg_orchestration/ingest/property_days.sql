-- How often each property came with each event on each received day from $first_day to the as-of day, and of which types: as
-- noted on earlier days up to $noted_to, read from the events after that. A null is no value; the rarest names are summed.
with named as (
    select e.received_date as day, coalesce(d.event, '(other names)') as event, e.properties, unnest(json_keys(e.properties)) as property
    from ingest.events as e
    left join coverage_days as d on d.day = e.received_date and d.event = e.event
    where e.received_date >= $first_day and e.received_date > $noted_to and e.received_date <= $as_of
        and e.kind in ('track', 'page', 'screen')
),
typed as (
    select day, event, property, json_type(properties, '/' || replace(replace(property, '~', '~0'), '/', '~1')) as type
    from named
),
counted as (
    select
        day, event, property, count(*) as events,
        count(*) filter (where type = 'VARCHAR') as texts,
        count(*) filter (where type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')) as numbers,
        count(*) filter (where type = 'BOOLEAN') as booleans,
        count(*) filter (where type in ('ARRAY', 'OBJECT')) as structures
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
