-- Who objects to being contacted at the cut, as known by then: a user, or a whole account.
select user_id, account_id
from known_objections
where "at" < $cut and (withdrawn_at is null or withdrawn_at >= $cut)
