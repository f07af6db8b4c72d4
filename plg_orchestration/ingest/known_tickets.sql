-- Support tickets as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by ticket_id order by known_at desc, file_id desc, line desc) as version
    from ingest.tickets
    where known_date <= $as_of
)
select
    ticket_id,
    account_id,
    user_id,
    opened_at,
    closed_at,
    topic,
    satisfaction,
    known_at
from versions
where version = 1
