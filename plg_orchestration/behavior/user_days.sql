-- Activity that became known on the as-of day, per event date, user and account; summing received days gives any window.
with roles as (
    select
        event,
        bool_or(role = 'item_created') as creates,
        bool_or(role = 'collaboration') as collaborates,
        bool_or(role = 'invite_sent') as invites,
        bool_or(role = 'invite_accepted') as accepts,
        bool_or(role = 'limit_hit') as hits_limit,
        bool_or(role = 'pricing_viewed') as views_pricing,
        bool_or(role = 'premium_attempt') as tries_premium,
        bool_or(role = 'help_viewed') as views_help,
        bool_or(role = 'error_shown') as shows_error
    from config.event_roles
    group by event
),
core as (
    select distinct event, coalesce(nullif(item, ''), event) as feature
    from config.event_roles
    where role = 'core_feature'
),
passive as (
    select distinct event from config.passive_events
),
by_event as (
    select
        received_date, event_date, user_id, account_id, event,
        count(*) as events, min(event_at) as first_at, max(event_at) as last_at
    from resolved_events
    group by received_date, event_date, user_id, account_id, event
),
counted as (
    select
        b.received_date, b.event_date, b.user_id, b.account_id,
        cast(sum(b.events) as bigint) as events,
        cast(coalesce(sum(b.events) filter (where p.event is null), 0) as bigint) as qualifying_events,
        cast(coalesce(sum(b.events) filter (where c.event is not null), 0) as bigint) as core_events,
        cast(coalesce(sum(b.events) filter (where r.creates), 0) as bigint) as items_created,
        cast(coalesce(sum(b.events) filter (where r.collaborates), 0) as bigint) as collaborations,
        cast(coalesce(sum(b.events) filter (where r.invites), 0) as bigint) as invites_sent,
        cast(coalesce(sum(b.events) filter (where r.accepts), 0) as bigint) as invites_accepted,
        cast(coalesce(sum(b.events) filter (where r.hits_limit), 0) as bigint) as limit_hits,
        cast(coalesce(sum(b.events) filter (where r.views_pricing), 0) as bigint) as pricing_views,
        cast(coalesce(sum(b.events) filter (where r.tries_premium), 0) as bigint) as premium_attempts,
        cast(coalesce(sum(b.events) filter (where r.views_help), 0) as bigint) as help_views,
        cast(coalesce(sum(b.events) filter (where r.shows_error), 0) as bigint) as errors_shown,
        min(b.first_at) as first_at,
        max(b.last_at) as last_at
    from by_event as b
    left join roles as r on r.event = b.event
    left join passive as p on p.event = b.event
    left join (select distinct event from core) as c on c.event = b.event
    group by b.received_date, b.event_date, b.user_id, b.account_id
),
features as (
    select b.event_date, b.user_id, b.account_id, count(distinct c.feature) as core_features
    from by_event as b
    inner join core as c on c.event = b.event
    group by b.event_date, b.user_id, b.account_id
),
moments as (
    select
        event_date, user_id, account_id, session_id, event_at,
        lag(event_at) over (partition by event_date, user_id, account_id, session_id is null order by event_at) as before_at
    from resolved_events
),
visits as (
    select
        event_date, user_id, account_id,
        count(distinct session_id) + count(*) filter (
            where session_id is null and (before_at is null or event_at >= before_at + interval 30 minute)
        ) as sessions
    from moments
    group by event_date, user_id, account_id
)
select
    d.received_date, d.event_date, d.user_id, d.account_id, d.events, d.qualifying_events, d.core_events,
    coalesce(f.core_features, 0) as core_features,
    v.sessions,
    d.items_created, d.collaborations, d.invites_sent, d.invites_accepted, d.limit_hits, d.pricing_views, d.premium_attempts,
    d.help_views, d.errors_shown, d.first_at, d.last_at
from counted as d
inner join visits as v
    on v.event_date = d.event_date
    and v.user_id is not distinct from d.user_id
    and v.account_id is not distinct from d.account_id
left join features as f
    on f.event_date = d.event_date
    and f.user_id is not distinct from d.user_id
    and f.account_id is not distinct from d.account_id
