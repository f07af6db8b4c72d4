-- The newest read-out of each experiment up to the as-of day: its primary metric over everybody, a row per treatment arm.
with newest as (
    select experiment, max(as_of) as as_of
    from experiments.readouts
    where as_of <= $as_of
    group by experiment
)
select
    r.experiment, r.as_of, r.arm, r.metric, r.difference, r.ci_low, r.ci_high, r.p_adjusted, r.always_valid_low,
    r.always_valid_high, r.lacking, r.verdict, r.reason
from experiments.readouts as r
inner join newest as n on n.experiment = r.experiment and n.as_of = r.as_of
where r.role <> 'guardrail' and r.segment = ''
order by r.experiment, r.arm
