-- The segments that the night has published for the as-of day.
select unit, unit_id, segment
from cohorts.segments
where as_of = $as_of
