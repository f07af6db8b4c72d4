-- Days since the last monthly review of drift.
with newest as (
    select count(*) as reviews, max(as_of) as made_on
    from reports.drift_review
    where as_of <= $as_of
)
select
    cast(date_diff('day', made_on, cast($as_of as date)) as double) as value,
    cast(reviews as double) as numerator,
    cast(null as double) as denominator,
    case
        when reviews = 0 then 'no drift review was made yet'
        else 'the last of ' || cast(reviews as varchar) || ' reviews was made on ' || cast(made_on as varchar)
    end as detail
from newest
