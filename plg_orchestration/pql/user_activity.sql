-- What each user did in the windows before the cut, the longest run of active days, and the first and the last active days.
-- Windows are sums of the days received lately; what lies further back is read from the masks of `activity`.
with recent as (
    select *, date_diff('day', event_date, $as_of) as days_ago
    from behavior.user_days
    where received_date <= $as_of and received_date > $as_of - 33 and event_date <= $as_of and event_date > $as_of - 30
),
days as (
    select
        user_id, days_ago,
        sum(qualifying_events) as events,
        sum(sessions) as sessions,
        sum(core_events) as core_events,
        sum(items_created) as items_created,
        sum(collaborations) as collaborations,
        sum(limit_hits) as limit_hits,
        sum(pricing_views) as pricing_views,
        sum(premium_attempts) as premium_attempts,
        sum(help_views) as help_views,
        sum(errors_shown) as errors_shown
    from recent
    where user_id is not null
    group by user_id, days_ago
),
windows as (
    select
        user_id,
        cast(sum(events) filter (where days_ago < 1) as bigint) as events_1d,
        cast(sum(events) filter (where days_ago < 7) as bigint) as events_7d,
        cast(sum(events) filter (where days_ago < 14) as bigint) as events_14d,
        cast(sum(events) filter (where days_ago < 28) as bigint) as events_28d,
        cast(sum(events) as bigint) as events_30d,
        count(*) filter (where events > 0 and days_ago < 7) as active_days_7d,
        count(*) filter (where events > 0 and days_ago < 14) as active_days_14d,
        count(*) filter (where events > 0 and days_ago < 28) as active_days_28d,
        count(*) filter (where events > 0) as active_days_30d,
        cast(sum(sessions) filter (where days_ago < 28) as bigint) as sessions_28d,
        cast(sum(core_events) filter (where days_ago < 28) as bigint) as core_events_28d,
        cast(sum(items_created) filter (where days_ago < 28) as bigint) as items_created_28d,
        cast(sum(collaborations) filter (where days_ago < 28) as bigint) as collaborations_28d,
        cast(sum(limit_hits) filter (where days_ago < 28) as bigint) as limit_hits_28d,
        cast(sum(pricing_views) filter (where days_ago < 28) as bigint) as pricing_views_28d,
        cast(sum(premium_attempts) filter (where days_ago < 28) as bigint) as premium_attempts_28d,
        cast(sum(help_views) filter (where days_ago < 28) as bigint) as help_views_28d,
        cast(sum(errors_shown) filter (where days_ago < 28) as bigint) as errors_shown_28d
    from days
    group by user_id
),
runs as (
    select user_id, days_ago - row_number() over (partition by user_id order by days_ago) as run
    from days
    where events > 0 and days_ago < 28
),
streaks as (
    select user_id, max(length) as longest_streak_28d
    from (select user_id, run, count(*) as length from runs group by user_id, run) as lengths
    group by user_id
),
lives as (
    select
        p.user_id, a.last_active, a.items_created, a.invites_sent, a.invites_accepted, a.days, a.first_days, p.signup_date,
        date_diff('day', p.signup_date, $as_of) as tenure,
        date_diff('day', a.first_active, p.signup_date) as active_before
    from people as p
    inner join activity as a on a.unit = 'user' and a.unit_id = p.user_id
),
-- The 14 days from signup lie in the newest 63 days, or in the 63 days from the first active one; else they are counted.
beginnings as (
    select
        *,
        case
            when tenure <= 62 then bit_count(
                (days >> cast(greatest(least(tenure, 62) - 13, 0) as integer)) & ((1 << cast(least(tenure, 13) + 1 as integer)) - 1)
            )
            when active_before is null or active_before <= -14 then 0
            when active_before < 0 then bit_count(first_days & ((1 << cast(greatest(active_before, -14) + 14 as integer)) - 1))
            when active_before <= 49 then bit_count((first_days >> cast(least(active_before, 49) as integer)) & 16383)
        end as active_days
    from lives
),
counted as (
    select b.user_id, count(distinct d.event_date) as active_days
    from beginnings as b
    inner join behavior.user_days as d
        on d.user_id = b.user_id and d.event_date >= b.signup_date and d.event_date < b.signup_date + 14
    where b.active_days is null and d.received_date <= $as_of and d.qualifying_events > 0
    group by b.user_id
),
history as (
    select
        b.user_id, b.items_created, b.invites_sent, b.invites_accepted,
        case when b.last_active > $as_of - cast($lookback_days as integer) then b.last_active end as last_active,
        coalesce(b.active_days, c.active_days, 0) as active_days_first_14
    from beginnings as b
    left join counted as c on c.user_id = b.user_id
),
core_features as (
    select user_id, count(distinct feature) as core_features_28d
    from behavior.user_features
    where received_date <= $as_of and received_date > $as_of - 31 and event_date <= $as_of and event_date > $as_of - 28
        and user_id is not null
    group by user_id
)
select
    p.user_id,
    coalesce(w.events_1d, 0) as events_1d,
    coalesce(w.events_7d, 0) as events_7d,
    coalesce(w.events_14d, 0) as events_14d,
    coalesce(w.events_28d, 0) as events_28d,
    coalesce(w.events_30d, 0) as events_30d,
    coalesce(w.active_days_7d, 0) as active_days_7d,
    coalesce(w.active_days_14d, 0) as active_days_14d,
    coalesce(w.active_days_28d, 0) as active_days_28d,
    coalesce(w.active_days_30d, 0) as active_days_30d,
    coalesce(w.sessions_28d, 0) as sessions_28d,
    coalesce(w.core_events_28d, 0) as core_events_28d,
    coalesce(w.items_created_28d, 0) as items_created_28d,
    coalesce(w.collaborations_28d, 0) as collaborations_28d,
    coalesce(w.limit_hits_28d, 0) as limit_hits_28d,
    coalesce(w.pricing_views_28d, 0) as pricing_views_28d,
    coalesce(w.premium_attempts_28d, 0) as premium_attempts_28d,
    coalesce(w.help_views_28d, 0) as help_views_28d,
    coalesce(w.errors_shown_28d, 0) as errors_shown_28d,
    coalesce(s.longest_streak_28d, 0) as longest_streak_28d,
    coalesce(h.active_days_first_14, 0) as active_days_first_14,
    date_diff('day', h.last_active, $as_of) as days_since_last_active,
    coalesce(c.core_features_28d, 0) as core_features_28d,
    coalesce(h.items_created, 0) as items_created,
    coalesce(h.invites_sent, 0) as invites_sent,
    coalesce(h.invites_accepted, 0) as invites_accepted
from people as p
left join windows as w on w.user_id = p.user_id
left join streaks as s on s.user_id = p.user_id
left join history as h on h.user_id = p.user_id
left join core_features as c on c.user_id = p.user_id
