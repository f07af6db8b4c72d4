-- What was said about the likelihoods of risks up to the quarter's end: what was said before may still hold.
select number, likelihood_id, risk_id, as_of, registered, level, proposal, person, requested_by, recorded_at, rationale
from governance.likelihoods
where as_of <= $last
order by number
