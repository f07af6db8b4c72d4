-- What sales made of leads as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by outcome_id order by known_at desc, file_id desc, line desc) as version
    from ingest.crm_outcomes
    where known_date <= $as_of
)
select
    outcome_id,
    decision_id,
    user_id,
    outcome,
    reason,
    "at",
    origin,
    known_at
from versions
where version = 1
