-- Of those who signed up in the newest week whose time for all onboarding steps is over, the share that was lost between two steps
-- beyond what the weeks before let expect. A step counts when fewer went on than the earlier weeks' rate less 2.58 standard errors
-- of the difference (99 %); then all that are missing to that rate are lost.
with weeks as (
    select
        cohort_week, unit, step, name, mature_signups, completed_through,
        coalesce(lag(completed_through) over (partition by cohort_week, unit order by step), mature_signups) as came
    from cohorts.onboarding
    where as_of = $as_of and cohort_week is not null and unit = 'user' and mature_signups = signups
        and mature_signups >= $funnel_minimum_signups
),
newest as (
    select max(cohort_week) as cohort_week from weeks
),
judged as (
    select
        w.step, max(w.name) as name,
        sum(w.came) filter (where w.cohort_week = n.cohort_week) as came,
        sum(w.completed_through) filter (where w.cohort_week = n.cohort_week) as went_on,
        sum(w.came) filter (where w.cohort_week < n.cohort_week) as came_before,
        sum(w.completed_through) filter (where w.cohort_week < n.cohort_week) as went_on_before,
        max(w.mature_signups) filter (where w.cohort_week = n.cohort_week) as signups
    from weeks as w
    cross join newest as n
    group by w.step
),
expected as (
    select
        *, cast(went_on_before as double) / nullif(came_before, 0) as rate,
        cast(went_on + went_on_before as double) / nullif(came + came_before, 0) as pooled
    from judged
),
leaks as (
    select
        *,
        case
            when came > 0 and came_before > 0 and cast(went_on as double) / came
                < rate - 2.58 * sqrt(pooled * (1 - pooled) * (1.0 / came + 1.0 / came_before))
            then came * rate - went_on
            else 0
        end as lost
    from expected
),
counted as (
    select
        max(signups) as signups, max(came_before) as before, sum(lost) as lost,
        string_agg(
            name || ' (' || cast(cast(round(100.0 * went_on / nullif(came, 0)) as bigint) as varchar) || ' % went on instead of '
            || cast(cast(round(100.0 * rate) as bigint) as varchar) || ' %)', ', ' order by step
        ) filter (where lost > 0) as said
    from leaks
)
select
    case when c.signups > 0 and c.before > 0 then c.lost / c.signups end as value,
    case when c.before > 0 then cast(c.lost as double) end as numerator,
    cast(c.signups as double) as denominator,
    case
        when coalesce(c.signups, 0) = 0 then 'no week with ' || cast($funnel_minimum_signups as varchar)
            || ' signups or more has had its time for the onboarding steps'
        when coalesce(c.before, 0) = 0 then 'no earlier week tells what to expect'
        else cast(cast(round(c.lost) as bigint) as varchar) || ' of ' || cast(c.signups as varchar) || ' signups of the week of '
            || cast(n.cohort_week as varchar) || ' were lost beyond expectation' || coalesce(': ' || c.said, '')
    end as detail
from counted as c
cross join newest as n
