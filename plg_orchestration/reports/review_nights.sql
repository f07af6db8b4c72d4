-- The index of each subject in every night of the month.
select target, as_of, subject, population_stability_index
from pql.drift
where as_of >= $first and as_of <= $as_of
order by target, as_of, subject
