-- Activity that became known on each received day, per event date, user and account; summing received days gives any window.
with roles as (
    select
        event,
        min(case when role = 'core_feature' then coalesce(nullif(item, ''), event) end) as feature,
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
visits as (
    select
        *,
        session_id is null as unnamed,
        lag(event_at) over (
            partition by received_date, event_date, user_id, account_id, session_id is null order by event_at
        ) as before_at
    from resolved_events
)
select
    v.received_date, v.event_date, v.user_id, v.account_id,
    count(*) as events,
    count(*) filter (where p.event is null) as qualifying_events,
    count(r.feature) as core_events,
    count(distinct r.feature) as core_features,
    count(distinct v.session_id)
    + count(*) filter (
        where v.unnamed and (v.before_at is null or v.event_at >= v.before_at + $idle_minutes * interval 1 minute)
    ) as sessions,
    count(*) filter (where r.creates) as items_created,
    count(*) filter (where r.collaborates) as collaborations,
    count(*) filter (where r.invites) as invites_sent,
    count(*) filter (where r.accepts) as invites_accepted,
    count(*) filter (where r.hits_limit) as limit_hits,
    count(*) filter (where r.views_pricing) as pricing_views,
    count(*) filter (where r.tries_premium) as premium_attempts,
    count(*) filter (where r.views_help) as help_views,
    count(*) filter (where r.shows_error) as errors_shown,
    min(v.event_at) as first_at,
    max(v.event_at) as last_at,
    min(v.event_at) filter (where p.event is null) as first_active_at,
    max(v.event_at) filter (where p.event is null) as last_active_at
from visits as v
left join roles as r on r.event = v.event
left join (select distinct event from config.passive_events) as p on p.event = v.event
group by v.received_date, v.event_date, v.user_id, v.account_id
