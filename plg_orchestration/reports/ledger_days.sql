-- Lines of event files by day and outcome, up to the as-of day.
select
    coalesce(file_date, cast(received_from as date)) as day,
    cast(sum(accepted) as bigint) as accepted,
    cast(sum(duplicates) as bigint) as duplicates,
    cast(sum(quarantined) as bigint) as quarantined
from ingest.files
where source = 'events' and coalesce(file_date, cast(received_from as date)) <= $as_of
group by coalesce(file_date, cast(received_from as date))
order by day
