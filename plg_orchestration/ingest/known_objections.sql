-- Objections to being contacted as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by objection_id order by known_at desc, file_id desc, line desc) as version
    from ingest.objections
    where known_date <= $as_of
)
select
    objection_id,
    user_id,
    account_id,
    "at",
    withdrawn_at,
    reason,
    known_at
from versions
where version = 1
