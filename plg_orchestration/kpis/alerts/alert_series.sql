-- The values that alert rules read, oldest first, as far back as the rules look: published ones, and where a night published an
-- immature value and none came after it, the one that is known now.
with wanted as (
    select distinct kpi, period from config.alert_rules
),
told as (
    select
        k.kpi, k.period, k.period_start, k.segment, h.reason,
        k.mature_share < 1 and h.mature_share = 1 as ripened,
        k.value, k.numerator, k.denominator, k.n, k.ci_low, k.ci_high, k.mature_share, k.definition_hash,
        h.value as value_now, h.numerator as numerator_now, h.denominator as denominator_now, h.n as n_now, h.ci_low as ci_low_now,
        h.ci_high as ci_high_now, h.definition_hash as definition_hash_now
    from kpi_series as k
    inner join wanted as w on w.kpi = k.kpi and w.period = k.period
    left join kpis.history as h
        on h.as_of = $as_of and h.kpi = k.kpi and h.period = k.period and h.period_start = k.period_start and h.segment = k.segment
    where k.period_start >= case k.period
        when 'day' then cast($first_day as date) when 'week' then cast($first_week as date) else cast($first_month as date)
    end
)
select
    kpi, period, period_start, segment, reason,
    case when ripened then value_now else value end as value,
    case when ripened then numerator_now else numerator end as numerator,
    case when ripened then denominator_now else denominator end as denominator,
    case when ripened then n_now else n end as n,
    case when ripened then ci_low_now else ci_low end as ci_low,
    case when ripened then ci_high_now else ci_high end as ci_high,
    case when ripened then 1.0 else mature_share end as mature_share,
    case when ripened then definition_hash_now else definition_hash end as definition_hash
from told
order by kpi, period, segment, period_start
