-- One KPI's wholly mature values of one segment by period, under tonight's definition, oldest first.
select period_start, value, ci_low, ci_high, unit
from kpi_series
where kpi = $kpi and period = $period and segment = $segment and "current" and mature_share = 1 and value is not null
order by period_start
