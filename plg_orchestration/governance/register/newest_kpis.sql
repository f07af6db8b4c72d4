-- For each KPI and period its newest known figure over everybody, as the day's snapshot has it; a period that is not mature yet waits.
select
    kpi, period, period_start, case when coalesce(mature_share, 1) >= 1 then value end as value, numerator, denominator, unit,
    coalesce(reason, 'its period is not mature yet') as reason
from (
    select
        *,
        row_number() over (
            partition by kpi, period
            order by case when value is not null and coalesce(mature_share, 1) >= 1 then 0 else 1 end, period_start desc
        ) as recency
    from kpis.snapshot
    where as_of = $as_of and segment = 'all' and dimension = ''
) as ranked
where recency = 1
order by kpi, period
