-- How many decisions each night of the quarter made, by who decided and what came of it.
select
    as_of, target, scorer, version, count(*) as decisions, sum(case when qualified then 1 else 0 end) as qualified,
    sum(case when handed_over then 1 else 0 end) as handed_over, sum(case when holdout then 1 else 0 end) as held_out,
    sum(case when suppressed_reason is not null then 1 else 0 end) as suppressed,
    sum(case when override_id is not null then 1 else 0 end) as overridden
from pql.decisions
where as_of between $first and $last
group by as_of, target, scorer, version
order by as_of, target, scorer, version
