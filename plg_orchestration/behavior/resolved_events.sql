-- The activity of the received days with the person and the account that each event counts for, as known by the end of the
-- day on which it was received.
with linked as (
    select a.received_date, a.anonymous_id, arg_max(i.user_id, row(i.known_at, i.user_id)) as user_id
    from (select distinct received_date, anonymous_id from received_activity where user_id is null) as a
    inner join ingest.identities as i on i.anonymous_id = a.anonymous_id and i.known_date <= a.received_date
    group by a.received_date, a.anonymous_id
),
people as (
    select
        a.received_date, a.event_date, coalesce(a.user_id, l.user_id) as user_id, a.account_id, a.event, a.event_at, a.session_id
    from received_activity as a
    left join linked as l on a.user_id is null and l.anonymous_id = a.anonymous_id and l.received_date = a.received_date
),
homes as (
    -- The same rule as known_users: what was told about a user goes before what travelled with events, the latest first.
    select
        p.received_date, p.user_id,
        arg_max(u.account_id, row(u.origin <> 'seen', u.known_at, u.file_id, u.line, u.origin)) as account_id
    from (select distinct received_date, user_id from people where account_id is null) as p
    inner join ingest.users as u on u.user_id = p.user_id and u.known_date <= p.received_date and u.account_id is not null
    group by p.received_date, p.user_id
)
select
    p.received_date, p.event_date, p.user_id, coalesce(p.account_id, h.account_id) as account_id, p.event, p.event_at,
    p.session_id
from people as p
left join homes as h on p.account_id is null and h.user_id = p.user_id and h.received_date = p.received_date
where p.user_id is not null or p.account_id is not null
