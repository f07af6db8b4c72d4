-- The benchmarks in force, several a KPI, each with its own source, kind and period.
select kpi, segment, dimension, dimension_value, period, kind, p25, p50, p75, unit, direction, source, note
from config.benchmarks
