-- People's words on the decision, and the earlier one that held on its night, oldest first.
select *
from pql.overrides
where decision_id = $decision_id or override_id = $override_id
order by number
