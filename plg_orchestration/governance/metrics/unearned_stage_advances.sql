-- Stages of rollouts that were entered in the window although the evidence of the evening before did not allow it.
with registered as (select count(*) as experiments from experiments.registry where as_of = $as_of),
entered as (
    select
        count(*) as stages,
        count(*) filter (where not earned) as unearned,
        string_agg(
            experiment || ' went to ' || cast(traffic as varchar) || ' % on ' || cast(since as varchar) || ' (' || judged_by || ')',
            '; ' order by experiment, since
        ) filter (where not earned) as named
    from experiments.stages
    where as_of = $as_of and traffic > 0 and since > $watch_date
)
select
    case when g.experiments > 0 then cast(e.unearned as double) end as value,
    cast(e.unearned as double) as numerator,
    cast(e.stages as double) as denominator,
    case
        when g.experiments = 0 then 'no experiment is registered'
        else coalesce(e.named, cast(e.stages as varchar) || ' stages entered since ' || cast($watch_date as varchar) || ', all of them earned')
    end as detail
from entered as e
cross join registered as g
