-- The KPIs and periods that have samples, numbered; `detailed`: they are broken down by dimensions too.
select
    row_number() over (order by s.kpi, s.period, s.period_start) as cell, s.kpi, s.period, s.period_start,
    s.broken_down and p.back = 0 as detailed
from (select distinct kpi, period, period_start, broken_down from kpi_samples) as s
join kpi_periods as p on p.in_history and p.period = s.period and p.period_start = s.period_start
