-- Every KPI of the newest complete periods for every segment and value of its dimensions, with its band and target, or the reason
-- why it has no value.
select
    cast($as_of as date) as as_of, v.period, v.period_start, v.kpi, v.segment, v.dimension, v.dimension_value, v.value,
    v.numerator, v.denominator, v.n, v.ci_low, v.ci_high, v.unit,
    case
        when v.value is null or y.p50 is null or y.unit <> v.unit then null
        when v.better * (v.value - y.p75) >= 0 then 'above_p75'
        when v.better * (v.value - y.p50) >= 0 then case when y.p75 is null then 'above_p50' else 'p50_p75' end
        when y.p25 is null then 'below_p50'
        when v.better * (v.value - y.p25) >= 0 then 'p25_p50'
        else 'below_p25'
    end as band,
    y.target, v.mature_share, v.reason, v.definition_hash
from kpi_values as v
left join config.kpi_yardsticks as y on y.kpi = v.kpi and y.segment = v.segment and y.period = v.period and v.dimension = ''
where v.in_snapshot
order by v.kpi, v.period, v.period_start, v.segment, v.dimension, v.dimension_value
