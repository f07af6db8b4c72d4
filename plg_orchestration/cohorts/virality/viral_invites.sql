-- Every invite known, and what came of it. An invitee who was invited several times counts for the first invite accepted; one who
-- had signed up before the invite was brought by nobody, so that no activation of theirs counts.
with attributed as (
    select
        invite_id, inviter_id, invitee_user_id, sent_at, accepted_at,
        case
            when invitee_user_id is not null then row_number() over (
                partition by invitee_user_id order by coalesce(accepted_at, sent_at), sent_at, invite_id
            )
        end as place
    from known_invites
    where sent_at < $cut
),
activations as (
    select unit_id as user_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and unit = 'user' and role = 'activation'
    group by unit_id
)
select
    i.invite_id, i.inviter_id, i.invitee_user_id, i.sent_at, i.accepted_at,
    coalesce(i.place = 1 and (u.signup_at is null or u.signup_at >= i.sent_at), false) as counts,
    case when i.place = 1 and u.signup_at >= i.sent_at then a.activated_at end as activated_at
from attributed as i
left join known_users as u on u.user_id = i.invitee_user_id
left join activations as a on a.user_id = i.invitee_user_id
