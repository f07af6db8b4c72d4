-- The rows of viral_members made of plain tables of invites, activated users, all users and referred users who stayed or not.
with attributed as (
    select
        i.inviter_id as user_id,
        a.user_id is not null
        and row_number() over (partition by i.invitee_user_id order by i.position) = 1 as activated
    from plain_invites as i
    left join (select distinct user_id from plain_activated) as a on a.user_id = i.invitee_user_id
),
sent as (
    select user_id, count(*) as invites, count(*) filter (where activated) as invitees_activated
    from attributed
    group by user_id
),
stayed as (
    select user_id, bool_or(retained) as retained
    from plain_referred
    group by user_id
),
people as (
    select user_id from plain_users
    union
    select user_id from sent
    union
    select user_id from stayed
)
select
    p.user_id, coalesce(s.invites, 0) as invites, cast(null as bigint) as invitees_accepted,
    coalesce(s.invitees_activated, 0) as invitees_activated, t.retained
from people as p
left join sent as s on s.user_id = p.user_id
left join stayed as t on t.user_id = p.user_id
