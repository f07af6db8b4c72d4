-- How far the week's activation rate stands above the level at which its fall raises an alert, as a share of that level.
with checked as (
    select value, threshold, verdict, evidence
    from kpis.alert_checks
    where as_of = $as_of and kpi = 'activation_rate' and kind = 'change' and segment = 'all'
),
newest as (
    select count(*) as checks, min(value / nullif(threshold, 0) - 1) as margin, max(evidence) as evidence, max(threshold) as level
    from checked
)
select
    margin as value,
    cast(null as double) as numerator,
    cast(level as double) as denominator,
    case
        when checks = 0 then 'no alert rule watches the change of the activation rate'
        when margin is null then coalesce(evidence, 'the activation rate or the week before it is not known')
        else evidence
    end as detail
from newest
