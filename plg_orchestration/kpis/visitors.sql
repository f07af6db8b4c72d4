-- The unique visitors of each period and those who signed up in it; a visitor and the signup of one user are one row. A unique
-- visitor is an anonymous id that was linked to no user before its first visit of the period.
-- A user's first visit is the first of a linked id in the 90 days before the signup, on a shared device after the link before.
with links as (
    select
        anonymous_id, user_id, known_at,
        lag(known_at) over (partition by anonymous_id order by known_at, user_id) as known_before
    from (
        select anonymous_id, user_id, min(known_at) as known_at
        from ingest.identities
        where known_date <= $as_of
        group by anonymous_id, user_id
    ) as i
),
left_out as (
    select l.anonymous_id
    from links as l
    left join excluded as x on x.unit = 'user' and x.unit_id = l.user_id
    group by l.anonymous_id
    having count(*) = count(x.unit_id)
),
seen as (
    select anonymous_id, event_date, min(first_at) as first_at
    from behavior.visitor_days
    where received_date between cast($oldest_day as date) - 90 and $as_of and event_date >= cast($oldest_day as date) - 90
    group by anonymous_id, event_date
),
known_ids as (
    select anonymous_id, min(known_at) as known_at
    from links
    group by anonymous_id
),
came as (
    select p.period, p.period_start, s.anonymous_id, min(s.first_at) as first_at
    from seen as s
    join kpi_periods as p
        on p.in_history and p.period <> 'day' and s.event_date >= p.period_start and s.event_date < p.period_end
    group by p.period, p.period_start, s.anonymous_id
),
unique_visitors as (
    select c.period, c.period_start, c.anonymous_id, c.first_at
    from came as c
    left join known_ids as k on k.anonymous_id = c.anonymous_id
    left join left_out as o on o.anonymous_id = c.anonymous_id
    where (k.known_at is null or k.known_at > c.first_at) and o.anonymous_id is null
),
recent as (
    select unit_id as user_id, signup_at, signup_date, segment, channel, region, device, plan
    from kpi_units
    where unit = 'user' and signup_date >= $oldest_day
),
first_visits as (
    select r.user_id, min(s.first_at) as first_at
    from recent as r
    join links as l on l.user_id = r.user_id
    join seen as s
        on s.anonymous_id = l.anonymous_id and s.first_at <= r.signup_at and s.first_at >= r.signup_at - interval 90 day
        and (l.known_before is null or s.first_at > l.known_before)
    group by r.user_id
),
signed_up as (
    select p.period, p.period_start, r.*
    from recent as r
    join kpi_periods as p
        on p.in_history and p.period <> 'day' and r.signup_date >= p.period_start and r.signup_date < p.period_end
),
matched as (
    select
        coalesce(v.period, s.period) as period, coalesce(v.period_start, s.period_start) as period_start,
        s.segment, s.channel, s.region, s.device, s.plan, s.user_id, s.signup_at, v.anonymous_id,
        row_number() over (partition by s.user_id, s.period, s.period_start order by v.first_at, v.anonymous_id) as of_user,
        row_number() over (partition by v.anonymous_id, v.period, v.period_start order by s.user_id) as of_visitor
    from (
        select u.period, u.period_start, u.anonymous_id, u.first_at, l.user_id
        from unique_visitors as u
        left join links as l on l.anonymous_id = u.anonymous_id
    ) as v
    full outer join signed_up as s on s.user_id = v.user_id and s.period = v.period and s.period_start = v.period_start
)
select
    m.period, m.period_start, m.segment, m.channel, m.region, m.device, m.plan, m.user_id, m.anonymous_id,
    case when m.user_id is not null and m.of_user = 1 then 1 else 0 end as signups,
    case when m.anonymous_id is not null and m.of_visitor = 1 then 1 else 0 end as visitors,
    case when m.of_user = 1 then cast(date_diff('second', f.first_at, m.signup_at) as double) end as seconds_to_signup
from matched as m
left join first_visits as f on f.user_id = m.user_id
