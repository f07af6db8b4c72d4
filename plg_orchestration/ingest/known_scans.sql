-- Vulnerability scans as known at the end of the as-of day, one row each, and whether they came to a result.
select
    coalesce(tool, '') as tool,
    coalesce(target, '') as target,
    scanned_at,
    max(case when record = 'unfinished_scan' then 0 else 1 end) = 1 as finished,
    max(detail) filter (where record in ('scan', 'unfinished_scan')) as detail
from ingest.vulnerabilities
where known_date <= $as_of and scanned_at is not null
group by coalesce(tool, ''), coalesce(target, ''), scanned_at
