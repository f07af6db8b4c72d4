-- Availability of third parties by day as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by vendor, day order by known_at desc, file_id desc, line desc) as version
    from ingest.uptime
    where known_date <= $as_of
)
select
    vendor,
    day,
    minutes_up,
    minutes,
    known_at
from versions
where version = 1
