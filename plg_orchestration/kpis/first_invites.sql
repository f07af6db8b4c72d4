-- When each user first invited somebody.
select inviter_id as user_id, min(sent_at) as sent_at
from known_invites
where sent_at < $cut
group by inviter_id
