-- Days since the newest governance record of a kind; NULL when there is none.
with newest as (
    select
        count(*) as records,
        max(cast(("at" at time zone 'UTC') at time zone $timezone as date)) as made_on
    from known_governance_records
    where kind = $kind and "at" < $cut
)
select
    cast(date_diff('day', made_on, cast($as_of as date)) as double) as value,
    cast(records as double) as numerator,
    cast(null as double) as denominator,
    case
        when records = 0 then 'no governance record of kind ' || $kind || ' is known'
        else 'the last of ' || cast(records as varchar) || ' was made on ' || cast(made_on as varchar)
    end as detail
from newest
