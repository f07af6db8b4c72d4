-- Each shown value against its period before, and against a week, a month and a year before: the change in the KPI's unit (of a
-- count in percent), or the reason why there is none, and whether it lies within sampling error.
-- Days and weeks are compared with the same weekday 4 and 52 weeks before, months and quarters by the calendar.
-- Sampling error: where both values have a 95 % interval, that of their difference by MOVER (Newcombe's, where both are Wilson's);
-- counts as those of independent arrivals, whose variance is their sum.
with steps as (
    select step, period, days, months
    from (values
        ('previous', 'day', 1, 0), ('week', 'day', 7, 0), ('month', 'day', 28, 0), ('year', 'day', 364, 0),
        ('previous', 'week', 7, 0), ('week', 'week', 7, 0), ('month', 'week', 28, 0), ('year', 'week', 364, 0),
        ('previous', 'month', 0, 1), ('month', 'month', 0, 1), ('year', 'month', 0, 12),
        ('previous', 'quarter', 0, 3), ('year', 'quarter', 0, 12)
    ) as v(step, period, days, months)
),
wanted as (
    select
        c.kpi, c.segment, c.period, c.period_start, c.value, c.ci_low, c.ci_high, c.unit, c.reason, c.definition_hash,
        c.mature_share, f.measure, s.step,
        case s.months
            when 0 then c.period_start - s.days
            when 1 then cast(c.period_start - interval 1 month as date)
            when 3 then cast(c.period_start - interval 3 month as date)
            else cast(c.period_start - interval 1 year as date)
        end as before_start
    from kpi_shown as c
    join kpi_facts as f on f.kpi = c.kpi
    join steps as s on s.period = c.period
    where c.dimension = ''
),
paired as (
    select
        w.*, p.value as before_value, p.ci_low as before_low, p.ci_high as before_high,
        coalesce(p.definition_hash <> w.definition_hash, false) as broken,
        case
            when w.value is null then concat('no value: ', coalesce(w.reason, 'nothing is stored'))
            when p.kpi is null then concat('nothing is stored for the period from ', cast(w.before_start as varchar))
            when p.definition_hash <> w.definition_hash
                then concat('the definition has changed since the period from ', cast(w.before_start as varchar))
            when p.unit <> w.unit then concat('the unit has changed since the period from ', cast(w.before_start as varchar))
            when p.value is null then concat('the period from ', cast(w.before_start as varchar), ' has no value')
            when w.mature_share = 1 and p.mature_share < 1
                then concat('windows were open when the period from ', cast(w.before_start as varchar), ' was published')
            when w.measure = 'count' and p.value = 0
                then concat('the period from ', cast(w.before_start as varchar), ' was 0, of which nothing is a percentage')
        end as change_reason
    from wanted as w
    left join kpi_series as p
        on p.kpi = w.kpi and p.segment = w.segment and p.period = w.period and p.period_start = w.before_start
)
select
    kpi, segment, period, period_start, step, before_start, before_value, broken, change_reason,
    case
        when change_reason is not null then null
        when measure = 'count' then 100.0 * (value - before_value) / before_value
        else value - before_value
    end as change,
    case
        when change_reason is not null then null
        when measure = 'count'
            then (value - before_value) * (value - before_value) <= 3.841458820694124 * (value + before_value)
        else
            value - before_value
            <= sqrt((value - ci_low) * (value - ci_low) + (before_high - before_value) * (before_high - before_value))
            and before_value - value
            <= sqrt((ci_high - value) * (ci_high - value) + (before_value - before_low) * (before_value - before_low))
    end as within_interval
from paired
