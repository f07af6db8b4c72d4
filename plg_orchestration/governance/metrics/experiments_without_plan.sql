-- Watched experiments that are registered without hypothesis, metric, or a plan whose power was computed.
with judged as (
    select
        experiment, planned_units is null or needed_units is null or coalesce(hypothesis, '') = '' or coalesce(metric, '') = '' as lacking
    from experiments.registry
    where as_of = $as_of and starts <= $as_of and (ends is null or ends >= $watch_date)
)
select
    case when count(*) > 0 then cast(count(*) filter (where lacking) as double) end as value,
    cast(count(*) filter (where lacking) as double) as numerator,
    cast(count(*) as double) as denominator,
    case
        when count(*) = 0 then 'no registered experiment is watched'
        else coalesce(
            'without a plan: ' || string_agg(experiment, ', ' order by experiment) filter (where lacking),
            'each of ' || cast(count(*) as varchar) || ' watched experiments has hypothesis, metric and a plan with enough units'
        )
    end as detail
from judged
