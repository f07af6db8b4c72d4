-- How many users and accounts have which segment for which reason, as published for the as-of day.
select unit, segment, reason_code, count(*) as units
from cohorts.segments
where as_of = $as_of
group by unit, segment, reason_code
