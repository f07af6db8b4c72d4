-- Requests to be forgotten that the source of governance records tells of, as known on the as-of day.
select
    record_id as request_id,
    "at" as requested_at,
    due_at,
    case when closed_at < $cut then closed_at end as done_at
from known_governance_records
where kind = 'erasure_request' and "at" < $cut
