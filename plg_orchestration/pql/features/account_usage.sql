-- What the users of each account did together in the 28 days before the cut, and the support that they asked for.
with days as (
    select
        account_id,
        count(distinct user_id) filter (where qualifying_events > 0) as active_seats,
        cast(sum(core_events) as bigint) as core_events,
        cast(sum(invites_sent) as bigint) as invites_sent,
        cast(sum(limit_hits) as bigint) as limit_hits,
        cast(sum(pricing_views) as bigint) as pricing_views,
        cast(sum(premium_attempts) as bigint) as premium_attempts
    from behavior.user_days
    where received_date <= $as_of and received_date > $as_of - 31 and event_date <= $as_of and event_date > $as_of - 28
        and account_id is not null
    group by account_id
),
used as (
    select account_id, feature
    from behavior.user_features
    where received_date <= $as_of and received_date > $as_of - 31 and event_date <= $as_of and event_date > $as_of - 28
        and account_id is not null
    group by account_id, feature
),
features as (
    select account_id, count(*) as core_features from used group by account_id
),
asked as (
    select
        account_id,
        count(*) filter (where opened_at >= $cut - interval 90 day) as tickets,
        count(*) filter (where closed_at is null or closed_at >= $cut) as open_tickets
    from known_tickets
    where account_id is not null and opened_at < $cut
    group by account_id
)
select
    coalesce(d.account_id, s.account_id) as account_id,
    coalesce(d.active_seats, 0) as active_seats,
    coalesce(d.core_events, 0) as core_events,
    coalesce(f.core_features, 0) as core_features,
    coalesce(d.invites_sent, 0) as invites_sent,
    coalesce(d.limit_hits, 0) as limit_hits,
    coalesce(d.pricing_views, 0) as pricing_views,
    coalesce(d.premium_attempts, 0) as premium_attempts,
    coalesce(s.tickets, 0) as tickets,
    coalesce(s.open_tickets, 0) as open_tickets
from days as d
full join asked as s on s.account_id = d.account_id
left join features as f on f.account_id = d.account_id
