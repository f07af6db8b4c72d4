-- Watched experiments that a criterion of tonight sends back: retention, errors, feedback, or the read-out itself.
select
    case when count(*) > 0 then cast(count(*) filter (where move = 'roll back') as double) end as value,
    cast(count(*) filter (where move = 'roll back') as double) as numerator,
    cast(count(*) as double) as denominator,
    case
        when count(*) = 0 then 'no registered experiment is watched'
        else coalesce(
            string_agg(experiment || ': ' || reason, '; ' order by experiment) filter (where move = 'roll back'),
            'no criterion sends any of ' || cast(count(*) as varchar) || ' watched experiments back'
        )
    end as detail
from experiments.rollouts
where as_of = $as_of
