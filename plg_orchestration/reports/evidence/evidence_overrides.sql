-- What people decided otherwise in the quarter.
select
    number, override_id, decision_id, as_of, target, user_id, action, was_route, was_status, was_reason, now_route, now_status,
    until, person, requested_by, recorded_at, rationale
from pql.overrides
where as_of between $first and $last
order by number
