-- What was said about accepting risks up to the quarter's end: what was said before may still hold.
select number, acceptance_id, risk_id, action, as_of, until, owner, person, requested_by, recorded_at, rationale
from governance.acceptances
where as_of <= $last
order by number
