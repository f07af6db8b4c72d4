-- Signups of the window that look fake: one row per user and rule, with what speaks against the user.
with recent as (
    select user_id, lower(email_domain) as email_domain, signup_at
    from known_users
    where signup_at >= $signup_start and signup_at < $cut
),
devices as (
    select distinct f.fingerprint, f.user_id, r.signup_at
    from governance.fingerprints as f
    inner join recent as r on r.user_id = f.user_id
    where f.received_date >= $signup_date and f.received_date <= $as_of
),
runs as (
    select
        fingerprint, user_id, signup_at,
        count(*) over (
            partition by fingerprint order by signup_at range between interval '1' day preceding and current row
        ) as signups
    from devices
),
bursts as (
    select
        user_id,
        max(signups) over (
            partition by fingerprint order by signup_at range between current row and interval '1' day following
        ) as signups
    from runs
),
pairs as (
    select distinct a.fingerprint, i.inviter_id, i.invitee_user_id
    from known_invites as i
    inner join devices as a on a.user_id = i.inviter_id
    inner join devices as b on b.user_id = i.invitee_user_id and b.fingerprint = a.fingerprint
    where i.inviter_id <> i.invitee_user_id
),
members as (
    select fingerprint, inviter_id as user_id from pairs
    union
    select fingerprint, invitee_user_id as user_id from pairs
),
rings as (
    select m.fingerprint, m.people, p.invites
    from (select fingerprint, count(*) as people from members group by fingerprint) as m
    inner join (select fingerprint, count(*) as invites from pairs group by fingerprint) as p on p.fingerprint = m.fingerprint
    where m.people >= $ring_members and p.invites >= $ring_invites
)
select
    cast($as_of as date) as as_of, r.user_id as unit_id, 'disposable_domain' as rule,
    'signed up with the throw-away mail domain ' || r.email_domain as evidence
from recent as r
inner join config.disposable_domains as d on d.domain = r.email_domain
union all
select
    cast($as_of as date) as as_of, user_id as unit_id, 'signup_velocity' as rule,
    cast(max(signups) as varchar) || ' people signed up on one device within 24 hours' as evidence
from bursts
where signups > $signups_per_device
group by user_id
union all
select
    cast($as_of as date) as as_of, m.user_id as unit_id, 'invite_ring' as rule,
    cast(max(g.people) as varchar) || ' people on one device sent each other ' || cast(max(g.invites) as varchar)
        || ' invitations' as evidence
from members as m
inner join rings as g on g.fingerprint = m.fingerprint
group by m.user_id
