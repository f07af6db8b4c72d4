-- Tables that could not be computed for the as-of day, with the reason that their publication left.
select table_name, reason
from meta.publications
where status = 'unavailable' and (day = $as_of or day = $whole)
order by table_name
