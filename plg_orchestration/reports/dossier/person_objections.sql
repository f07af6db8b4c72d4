-- Objections of the person or their account to being contacted, as known at the end of the day.
select "at", withdrawn_at, reason, case when user_id is not null then 'person' else 'account' end as objector
from known_objections
where user_id = $user_id or account_id = $account_id
order by "at"
