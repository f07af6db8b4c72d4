-- The ledger by source, over the files of the as-of day and before: what became of every line.
select
    source,
    count(*) as files,
    cast(sum(lines) as bigint) as lines,
    cast(sum(accepted) as bigint) as accepted,
    cast(sum(duplicates) as bigint) as duplicates,
    cast(sum(quarantined) as bigint) as quarantined,
    cast(sum(blank) as bigint) as blank,
    cast(coalesce(sum(erased), 0) as bigint) as erased,
    min(received_from) as received_from,
    max(received_to) as received_to
from ingest.files
where file_date is null or file_date <= $as_of
group by source
order by sum(lines) desc, source
