-- Users and accounts in each action segment.
select unit, segment, count(*) as units
from cohorts.segments
where as_of = $as_of
group by unit, segment
order by unit, segment
