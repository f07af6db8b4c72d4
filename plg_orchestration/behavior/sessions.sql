-- Sessions in increments by received day: those that events name, and visits that end after $idle_minutes without an event.
-- A visit is continued by what is received on the next day when that begins before the idle time is over and ends later.
with core as (
    select distinct event from config.event_roles where role = 'core_feature'
),
activity as (
    select
        e.received_date, e.user_id, e.account_id, e.session_id, e.event_at,
        case when p.event is null then 1 else 0 end as qualifying,
        case when c.event is null then 0 else 1 end as core
    from resolved_events as e
    left join (select distinct event from config.passive_events) as p on p.event = e.event
    left join core as c on c.event = e.event
),
gaps as (
    select
        *,
        lag(event_at) over (partition by received_date, user_id, account_id order by event_at) as before_at,
        lead(event_at) over (partition by received_date, user_id, account_id order by event_at) as after_at
    from activity
    where session_id is null
),
parts as (
    select
        *,
        sum(case when before_at is null or event_at >= before_at + $idle_minutes * interval 1 minute then 1 else 0 end) over (
            partition by received_date, user_id, account_id order by event_at rows between unbounded preceding and current row
        ) as part
    from gaps
),
visits as (
    select
        received_date, user_id, account_id, part, min(event_at) as started_at, max(event_at) as ended_at,
        count(*) as events, sum(qualifying) as qualifying_events, sum(core) as core_events,
        bool_or(after_at is null) as is_last
    from parts
    group by received_date, user_id, account_id, part
),
held as (
    select
        received_date, user_id, account_id, session_id, ended_at,
        row_number() over (partition by user_id, account_id order by ended_at desc, session_id) as place
    from behavior.sessions
    where received_date = $first_day - 1 and not named
),
lasts as (
    select received_date, user_id, account_id, ended_at, cast(null as varchar) as session_id
    from visits
    where is_last
    union all
    select received_date, user_id, account_id, ended_at, session_id
    from held
    where place = 1
),
continued as (
    select
        v.received_date, v.user_id, v.account_id, v.part, v.started_at, v.ended_at, v.events, v.qualifying_events,
        v.core_events, v.is_last,
        l.ended_at is not null as continues,
        md5(
            coalesce(v.user_id, '') || '|' || coalesce(v.account_id, '') || '|' || cast(v.started_at as varchar) || '|'
            || cast(v.received_date as varchar)
        ) as own_id
    from visits as v
    left join lasts as l
        on l.user_id is not distinct from v.user_id and l.account_id is not distinct from v.account_id
        and l.received_date = v.received_date - 1
        and v.started_at < l.ended_at + $idle_minutes * interval 1 minute and v.ended_at >= l.ended_at
),
links as (
    select received_date, user_id, account_id, not continues as begins, own_id as session_id
    from continued
    where is_last
    union all
    select received_date, user_id, account_id, true as begins, session_id
    from lasts
    where session_id is not null
),
chains as (
    select
        *,
        sum(case when begins then 1 else 0 end) over (
            partition by user_id, account_id order by received_date rows between unbounded preceding and current row
        ) as chain
    from links
),
roots as (
    select
        received_date, user_id, account_id,
        max(case when begins then session_id end) over (partition by user_id, account_id, chain) as session_id
    from chains
),
named_or_not as (
    select
        received_date, session_id, true as named, user_id, account_id, event_at as started_at, event_at as ended_at,
        1 as events, qualifying as qualifying_events, core as core_events
    from activity
    where session_id is not null
    union all
    select
        c.received_date, case when c.continues then r.session_id else c.own_id end as session_id, false as named,
        c.user_id, c.account_id, c.started_at, c.ended_at, c.events, c.qualifying_events, c.core_events
    from continued as c
    left join roots as r
        on c.continues and r.received_date = c.received_date - 1
        and r.user_id is not distinct from c.user_id and r.account_id is not distinct from c.account_id
)
select
    received_date, session_id, named, user_id, account_id,
    cast((min(started_at) at time zone 'UTC') at time zone $timezone as date) as started_date,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    cast(sum(events) as bigint) as events,
    cast(sum(qualifying_events) as bigint) as qualifying_events,
    cast(sum(core_events) as bigint) as core_events
from named_or_not
group by received_date, session_id, named, user_id, account_id
