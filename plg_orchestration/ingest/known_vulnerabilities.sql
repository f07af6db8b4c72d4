-- Vulnerabilities as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by vulnerability_id order by known_at desc, file_id desc, line desc) as version
    from ingest.vulnerabilities
    where known_date <= $as_of
)
select
    vulnerability_id,
    package,
    severity,
    found_at,
    fixed_at,
    scanned_at,
    known_at
from versions
where version = 1
