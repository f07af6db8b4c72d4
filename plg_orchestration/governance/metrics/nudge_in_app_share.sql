-- Of the nudges of plays that wait to be sent on the day in the product or by e-mail, the share in the product.
with counted as (
    select
        count(*) filter (where channel = 'in_app') as in_app,
        count(*) as nudges
    from cohorts.play_queue
    where as_of = $as_of and channel in ('in_app', 'email')
)
select
    case when nudges > 0 then cast(in_app as double) / nudges end as value,
    cast(in_app as double) as numerator,
    cast(nudges as double) as denominator,
    case
        when nudges = 0 then 'no play waits to be sent in the product or by e-mail'
        else cast(in_app as varchar) || ' of ' || cast(nudges as varchar) || ' waiting nudges go out in the product, the others by e-mail'
    end as detail
from counted
