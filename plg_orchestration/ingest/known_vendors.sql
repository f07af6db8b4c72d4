-- Third parties as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by vendor order by known_at desc, file_id desc, line desc) as version
    from ingest.vendors
    where known_date <= $as_of
)
select
    vendor,
    category,
    certificate,
    certificate_expires,
    reviewed_at,
    residency,
    owner,
    volume,
    latency_ms,
    privacy_certificates,
    integration_days,
    monthly_cost,
    packages,
    keys,
    known_at
from versions
where version = 1
