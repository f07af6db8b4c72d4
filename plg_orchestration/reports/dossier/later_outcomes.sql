-- What sales said of the decision or its person from the night on, as known at the end of the newest day.
select outcome, reason, "at", origin, decision_id = $decision_id as names_the_decision
from known_crm_outcomes
where (decision_id = $decision_id or (decision_id is null and user_id = $user_id)) and "at" >= $decided_at
order by "at", outcome
