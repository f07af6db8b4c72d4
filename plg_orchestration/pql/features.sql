-- One row per user who signed up before the cut, with everything about them that was known by then.
with people as (
    select
        u.user_id, u.account_id, coalesce(u.account_id, u.user_id) as payer_id, u.signup_at,
        cast((u.signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date,
        a.segment, a.industry, u.language, u.device,
        coalesce(u.region, a.region) as region,
        coalesce(u.acquisition_channel, a.acquisition_channel) as channel
    from known_users as u
    left join known_accounts as a on a.account_id = u.account_id
    where u.signup_at < $cut
),
recent as (
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
history as (
    select
        d.user_id,
        max(d.event_date) as last_active,
        count(distinct d.event_date) filter (
            where d.event_date >= p.signup_date and d.event_date < p.signup_date + 14
        ) as active_days_first_14
    from behavior.user_days as d
    inner join people as p on p.user_id = d.user_id
    where d.received_date <= $as_of and d.received_date > $as_of - cast($lookback_days as integer)
        and d.event_date <= $as_of and d.qualifying_events > 0
    group by d.user_id
),
core_features as (
    select user_id, count(distinct feature) as core_features_28d
    from behavior.user_features
    where received_date <= $as_of and received_date > $as_of - 31 and event_date <= $as_of and event_date > $as_of - 28
        and user_id is not null
    group by user_id
),
reached as (
    select
        unit, unit_id,
        count(distinct item) filter (where role = 'core_feature') as core_features_ever,
        count(distinct item) filter (where role = 'onboarding_step') as onboarding_steps,
        cast(sum(events) filter (where role = 'item_created') as bigint) as items_created,
        cast(sum(events) filter (where role = 'invite_sent') as bigint) as invites_sent,
        cast(sum(events) filter (where role = 'invite_accepted') as bigint) as invites_accepted,
        cast(sum(events) filter (where role = 'payment_info_added') as bigint) as payments_added,
        cast(sum(events) filter (where role = 'trial_started') as bigint) as trials_started,
        count(*) filter (where role = 'onboarding_complete') > 0 as onboarded,
        count(*) filter (where role = 'integration_connected') > 0 as integrated,
        min(first_at) filter (where role = 'activation') as activated_at,
        max(first_at) filter (where role = 'plan_upgraded') as upgraded_at,
        max(first_at) filter (where role in ('cancelled', 'plan_downgraded')) as ended_at,
        max(first_at) filter (where role = 'trial_started') as trial_at
    from behavior.milestones
    where received_date <= $as_of and first_at < $cut
    group by unit, unit_id
),
declared as (
    select
        count(distinct coalesce(nullif(item, ''), event)) filter (where role = 'onboarding_step') as onboarding_steps,
        count(*) filter (where role = 'onboarding_step') > 0 as has_steps
    from config.event_roles
),
invited as (
    select
        inviter_id,
        count(*) filter (where sent_at < $cut) as invites_sent,
        count(*) filter (where accepted_at < $cut) as invites_accepted
    from known_invites
    group by inviter_id
),
members as (
    select account_id, count(*) as account_members from people where account_id is not null group by account_id
),
seats as (
    select
        account_id,
        count(distinct user_id) filter (where qualifying_events > 0) as account_active_seats_28d,
        cast(sum(core_events) as bigint) as account_core_events_28d
    from recent
    where account_id is not null and days_ago < 28
    group by account_id
),
billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
subscribed as (
    select
        account_id,
        bool_or(not coalesce(trial, false) and mrr > 0) as is_paying,
        bool_or(coalesce(trial, false)) as on_trial
    from known_subscriptions
    where started_at < $cut and (ended_at is null or ended_at >= $cut)
    group by account_id
),
payers as (
    select
        p.payer_id,
        bool_or(case
            when b.has_subscriptions then coalesce(s.is_paying, false)
            else greatest(coalesce(o.upgraded_at, $epoch), coalesce(t.upgraded_at, $epoch))
                > greatest(coalesce(o.ended_at, $epoch), coalesce(t.ended_at, $epoch))
        end) as is_paying,
        bool_or(case
            when b.has_subscriptions then coalesce(s.on_trial, false)
            else greatest(coalesce(o.trial_at, $epoch), coalesce(t.trial_at, $epoch)) >= $cut - interval 30 day
        end) as on_trial
    from people as p
    cross join billed as b
    left join subscribed as s on s.account_id = p.account_id
    left join reached as o on o.unit = 'user' and o.unit_id = p.user_id
    left join reached as t on t.unit = 'account' and t.unit_id = p.account_id
    group by p.payer_id
),
talks as (
    select user_id, arg_max(outcome, "at") as outcome, max("at") as talked_at
    from known_crm_outcomes
    where "at" < $cut and user_id is not null
    group by user_id
),
in_sales as (
    select p.payer_id
    from people as p
    inner join talks as t on t.user_id = p.user_id
    where t.outcome in ('accepted', 'opportunity') and t.talked_at >= $cut - interval 90 day
    group by p.payer_id
)
select
    $as_of as as_of, p.user_id, p.account_id, p.segment, p.channel, p.industry, p.region, p.language, p.device,
    case when p.segment is null then null else exists (
        select 1 from config.fit as f where f.kind = 'segment' and lower(f.value) = lower(p.segment)
    ) end as company_size_fit,
    case when p.industry is null then null else exists (
        select 1 from config.fit as f where f.kind = 'industry' and lower(f.value) = lower(p.industry)
    ) end as industry_fit,
    cast(floor(date_diff('second', p.signup_at, $cut) / 86400.0) as bigint) as tenure_days,
    coalesce(w.events_1d, 0) as events_1d,
    coalesce(w.events_7d, 0) as events_7d,
    coalesce(w.events_14d, 0) as events_14d,
    coalesce(w.events_28d, 0) as events_28d,
    coalesce(w.events_30d, 0) as events_30d,
    coalesce(w.active_days_7d, 0) as active_days_7d,
    coalesce(w.active_days_14d, 0) as active_days_14d,
    coalesce(w.active_days_28d, 0) as active_days_28d,
    coalesce(w.active_days_30d, 0) as active_days_30d,
    coalesce(h.active_days_first_14, 0) as active_days_first_14,
    coalesce(s.longest_streak_28d, 0) as longest_streak_28d,
    date_diff('day', h.last_active, $as_of) as days_since_last_active,
    ln((coalesce(w.events_7d, 0) + 1.0) / (coalesce(w.events_14d, 0) - coalesce(w.events_7d, 0) + 1.0)) as events_trend,
    coalesce(w.sessions_28d, 0) as sessions_28d,
    coalesce(w.core_events_28d, 0) as core_events_28d,
    coalesce(c.core_features_28d, 0) as core_features_28d,
    coalesce(r.core_features_ever, 0) as core_features_ever,
    coalesce(r.items_created, 0) as items_created,
    coalesce(w.items_created_28d, 0) as items_created_28d,
    coalesce(w.collaborations_28d, 0) as collaborations_28d,
    greatest(coalesce(i.invites_sent, 0), coalesce(r.invites_sent, 0)) as invites_sent,
    greatest(coalesce(i.invites_accepted, 0), coalesce(r.invites_accepted, 0)) as invites_accepted,
    coalesce(r.integrated, false) as integration_connected,
    coalesce(r.onboarding_steps, 0) as onboarding_steps,
    coalesce(r.onboarded, false) or (n.has_steps and coalesce(r.onboarding_steps, 0) >= n.onboarding_steps) as onboarding_completed,
    r.activated_at is not null as activated,
    cast(floor(date_diff('second', r.activated_at, $cut) / 86400.0) as bigint) as days_since_activation,
    coalesce(w.limit_hits_28d, 0) as limit_hits_28d,
    coalesce(w.pricing_views_28d, 0) as pricing_views_28d,
    coalesce(w.premium_attempts_28d, 0) as premium_attempts_28d,
    coalesce(w.help_views_28d, 0) as help_views_28d,
    coalesce(w.errors_shown_28d, 0) as errors_shown_28d,
    coalesce(m.account_members, 1) as account_members,
    coalesce(t.account_active_seats_28d, 0) as account_active_seats_28d,
    coalesce(t.account_core_events_28d, 0) as account_core_events_28d,
    greatest(
        coalesce(i.invites_accepted, 0), coalesce(r.invites_accepted, 0),
        coalesce(t.account_active_seats_28d, 0) - case when coalesce(w.active_days_28d, 0) > 0 then 1 else 0 end
    ) as teammates,
    y.on_trial,
    coalesce(r.payments_added, 0) > 0 as payment_info_added,
    coalesce(r.payments_added, 0) + greatest(coalesce(r.trials_started, 0) - 1, 0) as spending_signals,
    y.is_paying,
    x.payer_id is not null as in_sales
from people as p
cross join declared as n
inner join payers as y on y.payer_id = p.payer_id
left join in_sales as x on x.payer_id = p.payer_id
left join windows as w on w.user_id = p.user_id
left join streaks as s on s.user_id = p.user_id
left join history as h on h.user_id = p.user_id
left join core_features as c on c.user_id = p.user_id
left join reached as r on r.unit = 'user' and r.unit_id = p.user_id
left join invited as i on i.inviter_id = p.user_id
left join members as m on m.account_id = p.account_id
left join seats as t on t.account_id = p.account_id
