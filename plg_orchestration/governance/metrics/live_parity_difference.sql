-- The widest difference in selection rate between a protected group and everybody else among the live decisions of the last nights.
-- Contrasts with too little data to judge are counted, not trusted; when none can be judged there is no value.
with audited as (
    select
        attribute, grp, difference, verdict, first_on, last_on,
        dense_rank() over (order by as_of desc, target) as recency
    from pql.live_bias
    where as_of <= $as_of and as_of > $decision_date and period = 'recent' and stage = 'qualified'
        and metric = 'selection_rate' and status = 'protected'
),
counted as (
    select
        count(*) as contrasts,
        count(*) filter (where verdict <> 'insufficient' and difference is not null) as judged,
        max(abs(difference)) filter (where verdict <> 'insufficient') as widest,
        arg_max(attribute || ' ' || grp, abs(difference)) filter (where verdict <> 'insufficient') as place,
        min(first_on) as first_on,
        max(last_on) as last_on
    from audited
    where recency = 1
)
select
    widest as value,
    cast(judged as double) as numerator,
    cast(contrasts as double) as denominator,
    case
        when contrasts = 0 then 'no live decisions since ' || cast($decision_date as varchar) || ' were compared by a protected group'
        when judged = 0 then 'none of the ' || cast(contrasts as varchar) || ' protected contrasts of live decisions from '
            || cast(first_on as varchar) || ' to ' || cast(last_on as varchar) || ' has enough data'
        else 'widest for ' || place || ' in live decisions from ' || cast(first_on as varchar) || ' to ' || cast(last_on as varchar)
            || '; ' || cast(judged as varchar) || ' of ' || cast(contrasts as varchar) || ' protected contrasts have enough data'
    end as detail
from counted
