-- What each user did in the windows before the cut, the longest run of active days, and the first and the last active days.
-- Counts are sums of the days received lately; days are bits of the masks of `activity`.
with windows as (
    select
        user_id,
        cast(sum(qualifying_events) filter (where event_date > $as_of - 1) as bigint) as events_1d,
        cast(sum(qualifying_events) filter (where event_date > $as_of - 7) as bigint) as events_7d,
        cast(sum(qualifying_events) filter (where event_date > $as_of - 14) as bigint) as events_14d,
        cast(sum(qualifying_events) filter (where event_date > $as_of - 28) as bigint) as events_28d,
        cast(sum(qualifying_events) as bigint) as events_30d,
        cast(sum(sessions) filter (where event_date > $as_of - 28) as bigint) as sessions_28d,
        cast(sum(core_events) filter (where event_date > $as_of - 28) as bigint) as core_events_28d,
        cast(sum(items_created) filter (where event_date > $as_of - 28) as bigint) as items_created_28d,
        cast(sum(invites_sent) filter (where event_date > $as_of - 28) as bigint) as invites_sent_28d,
        cast(sum(collaborations) filter (where event_date > $as_of - 28) as bigint) as collaborations_28d,
        cast(sum(limit_hits) filter (where event_date > $as_of - 28) as bigint) as limit_hits_28d,
        cast(sum(pricing_views) filter (where event_date > $as_of - 28) as bigint) as pricing_views_28d,
        cast(sum(premium_attempts) filter (where event_date > $as_of - 28) as bigint) as premium_attempts_28d,
        cast(sum(help_views) filter (where event_date > $as_of - 28) as bigint) as help_views_28d,
        cast(sum(errors_shown) filter (where event_date > $as_of - 28) as bigint) as errors_shown_28d
    from behavior.user_days
    where received_date <= $as_of and received_date > $as_of - 33 and event_date <= $as_of and event_date > $as_of - 30
        and user_id is not null
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
-- Bit n of r2, r4, r8 and r16 begins a run of so many active days of the newest 28; the longest run is put together from
-- them, the greatest first: `run` keeps where a run of `length` days begins.
lately as (
    select user_id, days & 268435455 as r1, (days & 268435455) & ((days & 268435455) >> 1) as r2 from lives
),
doubled as (
    select user_id, r1, r2, r2 & (r2 >> 2) as r4, (r2 & (r2 >> 2)) & ((r2 & (r2 >> 2)) >> 4) as r8 from lately
),
sixteens as (
    select
        user_id, r1, r2, r4, r8,
        case when (r8 & (r8 >> 8)) <> 0 then r8 & (r8 >> 8) else 268435455 end as run,
        case when (r8 & (r8 >> 8)) <> 0 then 16 else 0 end as length
    from doubled
),
eights as (
    select
        user_id, r1, r2, r4, r8,
        case when (run & (r8 >> length)) <> 0 then run & (r8 >> length) else run end as run,
        case when (run & (r8 >> length)) <> 0 then length + 8 else length end as length
    from sixteens
),
fours as (
    select
        user_id, r1, r2, r4, r8,
        case when (run & (r4 >> length)) <> 0 then run & (r4 >> length) else run end as run,
        case when (run & (r4 >> length)) <> 0 then length + 4 else length end as length
    from eights
),
twos as (
    select
        user_id, r1, r2, r4, r8,
        case when (run & (r2 >> length)) <> 0 then run & (r2 >> length) else run end as run,
        case when (run & (r2 >> length)) <> 0 then length + 2 else length end as length
    from fours
),
ones as (
    select
        user_id, r1, r2, r4, r8,
        case when (run & (r1 >> length)) <> 0 then run & (r1 >> length) else run end as run,
        case when (run & (r1 >> length)) <> 0 then length + 1 else length end as length
    from twos
),
history as (
    select
        b.user_id, b.items_created, b.invites_sent, b.invites_accepted,
        bit_count(b.days & 127) as active_days_7d,
        bit_count(b.days & 16383) as active_days_14d,
        bit_count(b.days & 268435455) as active_days_28d,
        bit_count(b.days & 1073741823) as active_days_30d,
        o.length as longest_streak_28d,
        case when b.last_active > $as_of - cast($lookback_days as integer) then b.last_active end as last_active,
        coalesce(b.active_days, c.active_days, 0) as active_days_first_14
    from beginnings as b
    inner join ones as o on o.user_id = b.user_id
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
    cast(coalesce(h.active_days_7d, 0) as bigint) as active_days_7d,
    cast(coalesce(h.active_days_14d, 0) as bigint) as active_days_14d,
    cast(coalesce(h.active_days_28d, 0) as bigint) as active_days_28d,
    cast(coalesce(h.active_days_30d, 0) as bigint) as active_days_30d,
    coalesce(w.sessions_28d, 0) as sessions_28d,
    coalesce(w.core_events_28d, 0) as core_events_28d,
    coalesce(w.items_created_28d, 0) as items_created_28d,
    coalesce(w.collaborations_28d, 0) as collaborations_28d,
    coalesce(w.invites_sent_28d, 0) as invites_sent_28d,
    coalesce(w.limit_hits_28d, 0) as limit_hits_28d,
    coalesce(w.pricing_views_28d, 0) as pricing_views_28d,
    coalesce(w.premium_attempts_28d, 0) as premium_attempts_28d,
    coalesce(w.help_views_28d, 0) as help_views_28d,
    coalesce(w.errors_shown_28d, 0) as errors_shown_28d,
    cast(coalesce(h.longest_streak_28d, 0) as bigint) as longest_streak_28d,
    cast(coalesce(h.active_days_first_14, 0) as bigint) as active_days_first_14,
    date_diff('day', h.last_active, $as_of) as days_since_last_active,
    coalesce(c.core_features_28d, 0) as core_features_28d,
    coalesce(h.items_created, 0) as items_created,
    coalesce(h.invites_sent, 0) as invites_sent,
    coalesce(h.invites_accepted, 0) as invites_accepted
from people as p
left join windows as w on w.user_id = p.user_id
left join history as h on h.user_id = p.user_id
left join core_features as c on c.user_id = p.user_id
