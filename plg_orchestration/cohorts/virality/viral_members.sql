-- Every user with the invites sent in the window, what came of them, and, for referred users, whether they stayed.
with sent as (
    select
        inviter_id as user_id,
        count(*) as invites,
        count(*) filter (where accepted_at < sent_at + cast($wait_days as integer) * interval 1 day) as invitees_accepted,
        count(*) filter (where activated_at < sent_at + cast($wait_days as integer) * interval 1 day) as invitees_activated
    from viral_invites
    where sent_at >= $sent_from and sent_at < $sent_to
    group by inviter_id
),
referred as (
    select user_id, cast((signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date
    from known_users
    where referred_by is not null or user_id in (select invitee_user_id from viral_invites where invitee_user_id is not null)
),
stayed as (
    select r.user_id, count(d.user_id) > 0 as retained
    from referred as r
    left join behavior.user_days as d
        on d.user_id = r.user_id and d.received_date <= $as_of and d.event_date <= $as_of
        and d.received_date >= $as_of - cast($window_days as integer) - 1
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
