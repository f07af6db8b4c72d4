-- Published values that are another number as known on the as-of day, and why: the 200 that matter most.
select *, count(*) over () as total
from kpis.restatements
where as_of = $as_of
order by material desc, published_on desc, kpi, period, period_start, segment
limit 200
