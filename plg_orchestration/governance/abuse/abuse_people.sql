-- Everybody who signed up in the window: who they are to the rules, what they ever did, and how they behaved in the first days.
-- No mail address and no free text: a mail address is known by its domain alone, and only the rules look at that.
with recent as (
    select
        user_id, account_id, lower(email_domain) as email_domain, signup_at,
        cast((signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date
    from known_users
    where signup_at >= $signup_start and signup_at < $cut
),
paying as (
    select distinct account_id
    from known_subscriptions
    where started_at < $cut and not coalesce(trial, false) and mrr > 0
),
days as (
    select
        d.user_id, d.event_date - r.signup_date as age,
        sum(d.qualifying_events) as acts, sum(d.events) as events, sum(d.sessions) as sessions, sum(d.core_events) as core,
        max(d.core_features) as breadth, sum(d.items_created) as items, sum(d.collaborations) as shared,
        sum(d.invites_sent) as sent, sum(d.invites_accepted) as accepted,
        sum(d.limit_hits + d.pricing_views + d.premium_attempts) as interest, sum(d.help_views) as help,
        date_diff('second', min(d.first_at), max(d.last_at)) as span
    from behavior.user_days as d
    inner join recent as r on r.user_id = d.user_id and d.event_date >= r.signup_date
    where d.received_date >= $signup_date and d.received_date <= $as_of and d.event_date <= $as_of
    group by d.user_id, d.event_date - r.signup_date
),
totals as (
    select
        user_id,
        count(*) filter (where age > 0 and acts > 0) as later_days,
        sum(core + items + shared + sent + interest + help) as deeds,
        count(*) filter (where age < $first_days and acts > 0) as active_days,
        sum(events) filter (where age < $first_days) as events,
        sum(sessions) filter (where age < $first_days) as sessions,
        sum(core) filter (where age < $first_days) as core,
        max(breadth) filter (where age < $first_days) as breadth,
        sum(items) filter (where age < $first_days) as items,
        sum(shared) filter (where age < $first_days) as shared,
        sum(sent) filter (where age < $first_days) as sent,
        sum(accepted) filter (where age < $first_days) as accepted,
        sum(interest) filter (where age < $first_days) as interest,
        sum(help) filter (where age < $first_days) as help,
        sum(span) filter (where age < $first_days) as busy_seconds,
        max(age) filter (where age < $first_days and acts > 0) as last_age,
        sum(events) filter (where age = 0) as first_day_events
    from days
    group by user_id
)
select
    r.user_id, r.account_id, r.email_domain, r.signup_at, r.signup_date, p.account_id is not null as paying,
    date_diff('day', r.signup_date, cast($as_of as date)) as days_known,
    coalesce(t.later_days, 0) = 0 and coalesce(t.deeds, 0) = 0 as idle,
    cast(coalesce(t.active_days, 0) as double) as active_days,
    cast(coalesce(t.events, 0) as double) as events,
    cast(coalesce(t.sessions, 0) as double) as sessions,
    cast(coalesce(t.core, 0) as double) as core,
    cast(coalesce(t.breadth, 0) as double) as breadth,
    cast(coalesce(t.items, 0) as double) as items,
    cast(coalesce(t.shared, 0) as double) as shared,
    cast(coalesce(t.sent, 0) as double) as sent,
    cast(coalesce(t.accepted, 0) as double) as accepted,
    cast(coalesce(t.interest, 0) as double) as interest,
    cast(coalesce(t.help, 0) as double) as help,
    cast(coalesce(t.busy_seconds, 0) as double) as busy_seconds,
    cast(coalesce(t.last_age, 0) as double) as last_age,
    cast(coalesce(t.first_day_events, 0) as double) as first_day_events
from recent as r
left join paying as p on p.account_id = r.account_id
left join totals as t on t.user_id = r.user_id
order by r.user_id
