-- Share of the experiments that ended in the window whose last read-out shows their primary metric moved upward, by the corrected
-- p-value; a broken split is no success. Experiments whose metric nothing measures by unit are named and not counted.
with ended as (
    select distinct experiment, ends
    from config.experiments
    where ends < $as_of and date_diff('day', ends, cast($as_of as date)) <= $success_days
),
newest as (
    select r.experiment, max(r.as_of) as as_of
    from experiments.readouts as r
    inner join ended as e on e.experiment = r.experiment and r.as_of > e.ends
    where r.as_of <= $as_of
    group by r.experiment
),
told as (
    select
        e.experiment,
        count(r.arm) filter (where r.role = 'primary') as arms,
        coalesce(bool_or(r.role = 'primary' and r.p_adjusted < $success_alpha and r.difference > 0), false) as succeeded
    from ended as e
    left join newest as n on n.experiment = e.experiment
    left join experiments.readouts as r on r.experiment = n.experiment and r.as_of = n.as_of and r.segment = ''
    group by e.experiment
),
counted as (
    select
        count(*) filter (where arms > 0) as judged,
        count(*) filter (where arms > 0 and succeeded) as succeeded,
        string_agg(experiment, ', ' order by experiment) filter (where arms = 0) as unread
    from told
)
select
    case when judged > 0 then cast(succeeded as double) / judged end as value,
    cast(succeeded as double) as numerator,
    cast(judged as double) as denominator,
    case
        when judged = 0 then 'no experiment that ended in the last ' || cast($success_days as varchar) || ' days was read out'
        else cast(succeeded as varchar) || ' of ' || cast(judged as varchar) || ' experiments that ended in the last '
            || cast($success_days as varchar) || ' days show their effect'
    end || coalesce('; without a read-out: ' || unread, '') as detail
from counted
