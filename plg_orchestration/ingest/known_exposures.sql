-- Exposures to experiments as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by experiment, unit_id order by known_at desc, file_id desc, line desc) as version
    from ingest.exposures
    where known_date <= $as_of
)
select
    experiment,
    unit_id,
    arm,
    exposed_at,
    known_at
from versions
where version = 1
