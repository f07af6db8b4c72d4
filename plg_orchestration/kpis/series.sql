-- Each KPI's values period by period: as the newest stored snapshot up to the as-of day published them, else as the as-of day's
-- history gives them, and beside them what is known now.
with published as (
    select
        as_of, kpi, period, period_start, segment, value, numerator, denominator, n, ci_low, ci_high, unit, mature_share,
        definition_hash
    from kpis.snapshot
    where as_of <= $as_of and dimension = ''
    qualify row_number() over (partition by kpi, period, period_start, segment order by as_of desc) = 1
),
tonight as (
    select
        kpi, period, period_start, segment, value, numerator, denominator, n, ci_low, ci_high, unit, mature_share,
        definition_hash
    from kpis.history
    where as_of = $as_of
),
hashes as (
    select kpi, coalesce(max(told), max(shown)) as definition_hash
    from (
        select kpi, definition_hash as told, cast(null as varchar) as shown from tonight
        union all
        select kpi, cast(null as varchar) as told, definition_hash as shown from published where as_of = $as_of
    ) as of_tonight
    group by kpi
),
told as (
    select kpi, period, period_start, segment from published
    union
    select kpi, period, period_start, segment from tonight
)
select
    k.kpi, k.period, k.period_start, k.segment,
    case when s.as_of is null then t.value else s.value end as value,
    case when s.as_of is null then t.numerator else s.numerator end as numerator,
    case when s.as_of is null then t.denominator else s.denominator end as denominator,
    case when s.as_of is null then t.n else s.n end as n,
    case when s.as_of is null then t.ci_low else s.ci_low end as ci_low,
    case when s.as_of is null then t.ci_high else s.ci_high end as ci_high,
    case when s.as_of is null then t.unit else s.unit end as unit,
    case when s.as_of is null then t.mature_share else s.mature_share end as mature_share,
    case when s.as_of is null then t.definition_hash else s.definition_hash end as definition_hash,
    s.as_of as published_on, t.value as value_now,
    case when s.as_of is null then t.definition_hash else s.definition_hash end = h.definition_hash as current
from told as k
left join published as s
    on s.kpi = k.kpi and s.period = k.period and s.period_start = k.period_start and s.segment = k.segment
left join tonight as t on t.kpi = k.kpi and t.period = k.period and t.period_start = k.period_start and t.segment = k.segment
left join hashes as h on h.kpi = k.kpi
order by k.kpi, k.period, k.segment, k.period_start
