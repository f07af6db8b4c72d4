-- Requests to be forgotten of the year as they stand, newest first.
select request_id, origin, requested_at, due_on, done_at, status, reason
from governance.privacy
where as_of = $as_of and requested_at > $year_start
order by requested_at desc, request_id
