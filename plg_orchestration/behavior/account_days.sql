-- What became known on each received day about each account's days; the sum over its users of the roll-up of that day.
select
    received_date, event_date, account_id,
    count(distinct user_id) as users,
    count(distinct case when qualifying_events > 0 then user_id end) as active_users,
    cast(sum(events) as bigint) as events,
    cast(sum(qualifying_events) as bigint) as qualifying_events,
    cast(sum(core_events) as bigint) as core_events,
    cast(sum(sessions) as bigint) as sessions,
    cast(sum(items_created) as bigint) as items_created,
    cast(sum(collaborations) as bigint) as collaborations,
    cast(sum(invites_sent) as bigint) as invites_sent,
    cast(sum(invites_accepted) as bigint) as invites_accepted,
    cast(sum(limit_hits) as bigint) as limit_hits,
    cast(sum(pricing_views) as bigint) as pricing_views,
    cast(sum(premium_attempts) as bigint) as premium_attempts,
    cast(sum(help_views) as bigint) as help_views,
    cast(sum(errors_shown) as bigint) as errors_shown,
    min(first_at) as first_at,
    max(last_at) as last_at,
    min(first_active_at) as first_active_at,
    max(last_active_at) as last_active_at
from behavior.user_days
where received_date between $first_day and $as_of and account_id is not null
group by received_date, event_date, account_id
