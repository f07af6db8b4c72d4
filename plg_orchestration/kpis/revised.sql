-- How many published values of the day were replaced, and in how many revisions.
select count(*) as replaced, count(distinct revision) as revisions
from kpis.revisions
where as_of = $as_of
