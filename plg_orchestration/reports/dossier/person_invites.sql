-- How the person was invited, where they were: what they agreed to, as known on the night.
select sent_at, opt_in_at, double_opt_in_at, accepted_at
from known_invites
where invitee_user_id = $user_id and sent_at < $cut
order by sent_at
