-- Event ids that were used again for other content; the later line is quarantined as a conflict.
with taken as (
    select file_id, accepted + duplicates as lines
    from ingest.files
    where source = 'events' and coalesce(file_date, cast(received_from as date)) <= $as_of
),
refused as (
    select q.file_id, q.line, q.detail
    from ingest.quarantine as q
    inner join taken as t on t.file_id = q.file_id
    where q.reason = 'conflict'
),
lines as (
    select cast(coalesce(sum(lines), 0) as bigint) as total from taken
)
select count(r.line) as rows, max(l.total) + count(r.line) as of_rows, min(r.detail) as example, '' as figures
from lines as l
left join refused as r on true
