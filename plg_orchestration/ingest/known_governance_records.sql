-- Governance records as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by record_id order by known_at desc, file_id desc, line desc) as version
    from ingest.governance_records
    where known_date <= $as_of
)
select
    record_id,
    kind,
    "at",
    owner,
    subject,
    detail,
    due_at,
    closed_at,
    known_at
from versions
where version = 1
