-- The newest realized figure of the champion in use: a week's precision or recall, or the lift against accounts held back.
with realized as (
    select
        value, "rows", hits, period_start, reason,
        row_number() over (order by case when value is null then 1 else 0 end, period_start desc nulls last, version) as recency
    from pql.live_performance
    where as_of = $as_of and metric = $figure and kind = 'realized' and period = $period
),
picked as (
    select
        (select count(*) from realized) as found,
        max(value) as value, max(hits) as hits, max("rows") as leads, max(period_start) as period_start, max(reason) as reason
    from realized
    where recency = 1
)
select
    value,
    cast(hits as double) as numerator,
    cast(leads as double) as denominator,
    case
        when found = 0 then 'no lead is old enough for its outcome to be known'
        when value is null then coalesce(reason, 'too few outcomes are known')
        else 'realized ' || $figure || ' over ' || cast(leads as varchar) || ' rows'
            || coalesce(', week of ' || cast(period_start as varchar), '')
    end as detail
from picked
