-- The published percentiles among which KPIs are placed, by segment and period.
select kpi, segment, period, p25, p50, p75, source
from kpis.benchmarks
where kind = 'percentile' and coalesce(dimension, '') = '' and p50 is not null
order by kpi, segment, period, source
