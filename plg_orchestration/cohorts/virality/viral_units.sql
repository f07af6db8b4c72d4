-- The users who signed up from $signup_from on, and what each of them did for the loop: the first invite ever, and the invites of
-- the first $invite_days days with what came of them. `settled`: these days are over; `mature`: so is the last invite's wait.
with first_events as (
    select unit_id as user_id, min(first_at) as first_at
    from behavior.milestones
    where received_date <= $as_of and unit = 'user' and role = 'invite_sent' and first_at < $cut
    group by unit_id
),
firsts as (
    select user_id, min(first_at) as first_invite_at
    from (
        select user_id, first_at from first_events
        union all
        select inviter_id as user_id, sent_at as first_at from viral_invites
    ) as told
    group by user_id
),
invited as (
    select distinct invitee_user_id as user_id from viral_invites where counts
),
people as (
    select
        u.user_id, u.signup_at, u.referred_by is not null or i.user_id is not null as referred,
        cast((u.signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date, f.first_invite_at
    from known_users as u
    left join firsts as f on f.user_id = u.user_id
    left join invited as i on i.user_id = u.user_id
    where u.signup_at >= $signup_from and u.signup_at < $cut
),
sent as (
    select
        p.user_id, count(*) as invites_ever, count(v.accepted_at) as accepted_ever,
        count(*) filter (where v.sent_at < p.signup_at + cast($invite_days as integer) * interval 1 day) as invites,
        count(*) filter (
            where v.sent_at < p.signup_at + cast($invite_days as integer) * interval 1 day
                and v.activated_at < v.sent_at + cast($wait_days as integer) * interval 1 day
        ) as activated
    from people as p
    inner join viral_invites as v on v.inviter_id = p.user_id
    group by p.user_id
)
select
    p.user_id, p.signup_at, date_trunc('month', p.signup_date) as signup_month, p.referred,
    p.signup_at + cast($invite_days as integer) * interval 1 day <= $cut as settled,
    p.signup_at + (cast($invite_days as integer) + cast($wait_days as integer)) * interval 1 day <= $cut as mature,
    case when p.first_invite_at is not null then greatest(date_diff('second', p.signup_at, p.first_invite_at) / 86400.0, 0) end
        as days_to_invite,
    date_diff('second', p.signup_at, $cut) / 86400.0 as days_known,
    coalesce(p.first_invite_at < p.signup_at + cast($invite_days as integer) * interval 1 day, false) as invited_soon,
    coalesce(s.invites_ever, 0) as invites_ever, coalesce(s.accepted_ever, 0) as accepted_ever,
    coalesce(s.invites, 0) as invites, coalesce(s.activated, 0) as activated
from people as p
left join sent as s on s.user_id = p.user_id
