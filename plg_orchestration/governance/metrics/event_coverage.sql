-- The share of the expected events of the taxonomy that were seen in the last 28 days.
with counted as (
    select
        count(*) as expected,
        count(*) filter (where seen) as seen,
        string_agg(event, ', ' order by event) filter (where not seen) as unseen
    from ingest.coverage
    where as_of = $as_of and expected
)
select
    case when expected > 0 then cast(seen as double) / expected end as value,
    cast(seen as double) as numerator,
    cast(expected as double) as denominator,
    case
        when expected = 0 then 'no event is declared as expected'
        else cast(seen as varchar) || ' of ' || cast(expected as varchar) || ' expected events were seen'
            || coalesce('; not seen: ' || unseen, '')
    end as detail
from counted
