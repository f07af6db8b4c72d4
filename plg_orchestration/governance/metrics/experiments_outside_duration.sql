-- How many experiments ran shorter than four weeks, or ran or run longer than six.
with judged as (
    select
        experiment,
        date_diff('day', starts, case when ends is null or ends > cast($as_of as date) then cast($as_of as date) else ends end) + 1 as days,
        coalesce(ends <= cast($as_of as date), false) as ended
    from experiments.registry
    where as_of = $as_of and starts <= cast($as_of as date)
),
counted as (
    select
        count(*) as experiments,
        count(*) filter (where days > 42 or (ended and days < 28)) as outside,
        string_agg(experiment || ' (' || cast(days as varchar) || ' days)', ', ' order by experiment)
            filter (where days > 42 or (ended and days < 28)) as named
    from judged
    where ended or days > 42
)
select
    case when experiments > 0 then cast(outside as double) end as value,
    cast(outside as double) as numerator,
    cast(experiments as double) as denominator,
    case
        when experiments = 0 then 'no experiment has ended, or run for more than six weeks'
        else cast(outside as varchar) || ' of ' || cast(experiments as varchar) || ' experiments did not run for four to six weeks'
            || coalesce(': ' || named, '')
    end as detail
from counted
