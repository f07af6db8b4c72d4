-- How many deliveries of each destination are in which state: of all nights, and those that got it in the run of the day.
select
    destination, state, count(*) as deliveries,
    count(*) filter (where settled_as_of = $as_of) as of_day
from pql.deliveries
group by destination, state
order by destination, state
