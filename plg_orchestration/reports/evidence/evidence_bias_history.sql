-- Whether a gap was persistent over trainings, as the newest night of each month of the quarter found it.
with newest as (
    select max(as_of) as as_of from pql.bias_history where as_of between $first and $last group by date_trunc('month', as_of)
)
select
    b.as_of, target, scorer, attribute, grp, status, metric, trained_on, version, difference, ci_low, ci_high, trainings, run,
    since, independent, pooled, pooled_low, pooled_high, verdict, reason
from pql.bias_history as b
inner join newest as w on w.as_of = b.as_of
order by b.as_of, target, scorer, attribute, grp, metric
