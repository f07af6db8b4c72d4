-- Share of the window's decisions whose record has every field that an auditor needs, the outcome included; a lead needs its reasons.
with judged as (
    select
        decision_id is not null and user_id is not null and target is not null and scorer is not null
        and version is not null and score is not null and threshold is not null and qualified is not null
        and (not qualified or coalesce(length(cast(top_reasons as varchar)), 0) > 2)
        and (not qualified or route is not null or holdout or suppressed_reason is not null) as complete
    from pql.decisions
    where as_of > $decision_date and as_of <= $as_of
),
counted as (
    select count(*) filter (where complete) as complete, count(*) as decisions from judged
)
select
    case when decisions > 0 then cast(complete as double) / decisions end as value,
    cast(complete as double) as numerator,
    cast(decisions as double) as denominator,
    case
        when decisions = 0 then 'no decision was logged after ' || cast($decision_date as varchar)
        else cast(complete as varchar) || ' of ' || cast(decisions as varchar) || ' decisions since '
            || cast($decision_date as varchar) || ' have a complete record'
    end as detail
from counted
