-- Published values that are another number as known on the as-of day, and why.
select *
from kpis.restatements
where as_of = $as_of
order by period_start desc, kpi, period, segment
