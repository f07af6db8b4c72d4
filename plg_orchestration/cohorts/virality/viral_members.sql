-- Every user with the invites sent in the window, what came of them, and, for referred users, whether they stayed.
with attributed as (
    select
        inviter_id, invitee_user_id, sent_at, accepted_at,
        row_number() over (
            partition by invitee_user_id order by coalesce(accepted_at, sent_at), sent_at, invite_id
        ) as place
    from known_invites
    where sent_at < $cut
),
activations as (
    select unit_id as user_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and unit = 'user' and role = 'activation'
    group by unit_id
),
sent as (
    select
        i.inviter_id as user_id,
        count(*) as invites,
        count(*) filter (where i.accepted_at < i.sent_at + cast($wait_days as integer) * interval 1 day) as invitees_accepted,
        count(*) filter (
            where i.place = 1 and a.activated_at < i.sent_at + cast($wait_days as integer) * interval 1 day
        ) as invitees_activated
    from attributed as i
    left join activations as a on a.user_id = i.invitee_user_id
    where i.sent_at >= $sent_from and i.sent_at < $sent_to
    group by i.inviter_id
),
referred as (
    select user_id, cast((signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date
    from known_users
    where referred_by is not null or user_id in (select invitee_user_id from known_invites where invitee_user_id is not null)
),
stayed as (
    select r.user_id, count(d.user_id) > 0 as retained
    from referred as r
    left join behavior.user_days as d
        on d.user_id = r.user_id and d.received_date <= $as_of and d.event_date <= $as_of
        and d.event_date >= r.signup_date + 30 and d.qualifying_events > 0
    where r.signup_date <= $as_of - 30 and r.signup_date > $as_of - 30 - cast($window_days as integer)
    group by r.user_id
),
people as (
    select user_id from known_users where signup_at < $sent_to
    union
    select user_id from sent
    union
    select user_id from stayed
)
select
    p.user_id,
    coalesce(s.invites, 0) as invites,
    coalesce(s.invitees_accepted, 0) as invitees_accepted,
    coalesce(s.invitees_activated, 0) as invitees_activated,
    t.retained
from people as p
left join sent as s on s.user_id = p.user_id
left join stayed as t on t.user_id = p.user_id
