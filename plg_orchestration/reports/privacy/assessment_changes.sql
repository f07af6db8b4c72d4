-- The days of the year on which the processing was another than on the recorded day before.
with records as (
    select as_of, tables, unnamed, digest, lag(digest) over (order by as_of) as earlier, lag(as_of) over (order by as_of) as since
    from reports.record_of_processing
    where as_of > $year_start and as_of <= $as_of
)
select as_of, tables, unnamed, since
from records
where earlier is not null and digest <> earlier
order by as_of
