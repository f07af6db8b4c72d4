-- Figures that a day's snapshot had published before it was built again for the same day, of the 92 days up to the as-of day.
select *, count(*) over () as total
from kpis.revisions
where as_of <= $as_of and as_of > cast($as_of as date) - 92
order by as_of desc, revision desc, kpi, period, period_start, segment, dimension, dimension_value
limit 200
