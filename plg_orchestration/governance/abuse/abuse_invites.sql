-- Who invited whom, each pair once, of invitations whose invited person is known.
select distinct inviter_id, invitee_user_id as invitee_id
from known_invites
where invitee_user_id is not null and inviter_id <> invitee_user_id and sent_at < $cut
order by inviter_id, invitee_user_id
