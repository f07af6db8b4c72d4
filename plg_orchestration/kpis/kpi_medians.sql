-- The median of each group and its exact 95 % interval between two order statistics, for every segment and for all together.
-- The number of values under the median is binomial (n, 1/2), whatever their distribution: the interval's lower end is the
-- l-th smallest value with the largest l for which P(number <= l - 1) <= 2.5 %, its upper end the l-th largest.
-- Factorials are running sums of logarithms; groups of less than six values have no such interval.
with samples as (
    select
        kpi, period, period_start, coalesce(segment, 'unknown') as segment, '' as dimension, '' as dimension_value, value
    from kpi_samples
    union all
    select kpi, period, period_start, 'all' as segment, '' as dimension, '' as dimension_value, value from kpi_samples
    union all
    select
        kpi, period, period_start, 'all' as segment, 'channel' as dimension, coalesce(channel, 'unknown') as dimension_value, value
    from kpi_samples
    union all
    select
        kpi, period, period_start, 'all' as segment, 'region' as dimension, coalesce(region, 'unknown') as dimension_value, value
    from kpi_samples
    union all
    select
        kpi, period, period_start, 'all' as segment, 'device' as dimension, coalesce(device, 'unknown') as dimension_value, value
    from kpi_samples
    union all
    select
        kpi, period, period_start, 'all' as segment, 'plan' as dimension, coalesce(plan, 'unknown') as dimension_value, value
    from kpi_samples
),
ranked as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, value,
        row_number() over (partition by kpi, period, period_start, segment, dimension, dimension_value order by value) as place,
        count(*) over (partition by kpi, period, period_start, segment, dimension, dimension_value) as n
    from samples
),
weighted as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, place, n,
        exp(
            sum(ln(n - place + 1)) over (
                partition by kpi, period, period_start, segment, dimension, dimension_value order by place
                rows between unbounded preceding and current row
            )
            - sum(ln(place)) over (
                partition by kpi, period, period_start, segment, dimension, dimension_value order by place
                rows between unbounded preceding and current row
            )
            - n * ln(2)
        ) as probability
    from ranked
),
cumulated as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, place, n,
        exp(-n * ln(2)) + sum(probability) over (
            partition by kpi, period, period_start, segment, dimension, dimension_value order by place
            rows between unbounded preceding and current row
        ) as at_most
    from weighted
),
ends as (
    select
        kpi, period, period_start, segment, dimension, dimension_value,
        case when max(exp(-n * ln(2))) <= 0.025 then 1 + count(*) filter (where at_most <= 0.025) end as low
    from cumulated
    group by kpi, period, period_start, segment, dimension, dimension_value
)
select
    r.kpi, r.period, r.period_start, r.segment, r.dimension, r.dimension_value, max(r.n) as n,
    avg(case when r.place between (r.n + 1) // 2 and (r.n + 2) // 2 then r.value end) as median,
    max(case when r.place = e.low then r.value end) as ci_low,
    max(case when r.place = r.n + 1 - e.low then r.value end) as ci_high
from ranked as r
join ends as e
    on e.kpi = r.kpi and e.period = r.period and e.period_start = r.period_start and e.segment = r.segment
    and e.dimension = r.dimension and e.dimension_value = r.dimension_value
group by r.kpi, r.period, r.period_start, r.segment, r.dimension, r.dimension_value
