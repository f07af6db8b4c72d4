-- Rollbacks whose post-mortem is not filed although its clock has run out.
with registered as (select count(*) as experiments from experiments.registry where as_of = $as_of),
rollbacks as (
    select
        count(*) as rolled_back,
        count(*) filter (where post_mortem = 'overdue') as overdue,
        string_agg(
            experiment || ' was rolled back on ' || cast(since as varchar) || ': due ' || cast(post_mortem_due as varchar) || ' UTC',
            '; ' order by experiment, since
        ) filter (where post_mortem = 'overdue') as named
    from experiments.stages
    where as_of = $as_of and traffic = 0
)
select
    case when g.experiments > 0 then cast(r.overdue as double) end as value,
    cast(r.overdue as double) as numerator,
    cast(r.rolled_back as double) as denominator,
    case
        when g.experiments = 0 then 'no experiment is registered'
        else coalesce(r.named, cast(r.rolled_back as varchar) || ' rollbacks, no post-mortem is overdue')
    end as detail
from rollbacks as r
cross join registered as g
