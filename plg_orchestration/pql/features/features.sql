-- One row per user who signed up before the cut, with everything about them that was known by then.
with declared as (
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
asked as (
    select
        user_id,
        count(*) filter (where opened_at >= $cut - interval 90 day) as tickets,
        count(*) filter (where closed_at is null or closed_at >= $cut) as open_tickets
    from known_tickets
    where user_id is not null and opened_at < $cut
    group by user_id
)
select
    $as_of as as_of, p.user_id, p.account_id, p.segment, p.channel, p.industry, p.region, p.language, p.device,
    case when p.segment is null then null else exists (
        select 1 from config.fit as f where f.kind = 'segment' and lower(f.value) = lower(p.segment)
    ) end as company_size_fit,
    case when p.industry is null then null else exists (
        select 1 from config.fit as f where f.kind = 'industry' and lower(f.value) = lower(p.industry)
    ) end as industry_fit,
    cast(floor(date_diff('microsecond', p.signup_at, $cut) / 86400000000.0) as bigint) as tenure_days,
    w.events_1d,
    w.events_7d,
    w.events_14d,
    w.events_28d,
    w.events_30d,
    w.active_days_7d,
    w.active_days_14d,
    w.active_days_28d,
    w.active_days_30d,
    w.active_days_first_14,
    w.longest_streak_28d,
    w.days_since_last_active,
    ln((w.events_7d + 1.0) / (w.events_14d - w.events_7d + 1.0)) as events_trend,
    w.sessions_28d,
    w.core_events_28d,
    w.core_features_28d,
    coalesce(r.core_features_ever, 0) as core_features_ever,
    w.items_created,
    w.items_created_28d,
    w.collaborations_28d,
    greatest(coalesce(i.invites_sent, 0), w.invites_sent) as invites_sent,
    greatest(coalesce(i.invites_accepted, 0), w.invites_accepted) as invites_accepted,
    coalesce(r.integrated, false) as integration_connected,
    coalesce(r.onboarding_steps, 0) as onboarding_steps,
    coalesce(r.onboarded, false) or (n.has_steps and coalesce(r.onboarding_steps, 0) >= n.onboarding_steps) as onboarding_completed,
    r.activated_at is not null as activated,
    cast(floor(date_diff('microsecond', r.activated_at, $cut) / 86400000000.0) as bigint) as days_since_activation,
    w.limit_hits_28d,
    w.pricing_views_28d,
    w.premium_attempts_28d,
    w.help_views_28d,
    w.errors_shown_28d,
    coalesce(q.tickets, 0) as support_tickets_90d,
    coalesce(t.tickets, q.tickets, 0) as account_tickets_90d,
    coalesce(t.open_tickets, q.open_tickets, 0) as account_open_tickets,
    coalesce(m.account_members, 1) as account_members,
    coalesce(t.active_seats, 0) as account_active_seats_28d,
    coalesce(t.core_events, 0) as account_core_events_28d,
    case when p.account_id is null then w.core_features_28d else coalesce(t.core_features, 0) end as account_core_features_28d,
    case when p.account_id is null then w.limit_hits_28d else coalesce(t.limit_hits, 0) end as account_limit_hits_28d,
    case when p.account_id is null then w.pricing_views_28d else coalesce(t.pricing_views, 0) end as account_pricing_views_28d,
    case when p.account_id is null then w.premium_attempts_28d else coalesce(t.premium_attempts, 0) end
        as account_premium_attempts_28d,
    case when p.account_id is null then w.invites_sent_28d else coalesce(t.invites_sent, 0) end as account_invites_sent_28d,
    coalesce(o.integrated, r.integrated, false) as account_integration_connected,
    cast(floor(date_diff('microsecond', p.account_since, $cut) / 86400000000.0) as bigint) as account_tenure_days,
    greatest(
        coalesce(i.invites_accepted, 0), w.invites_accepted,
        coalesce(t.active_seats, 0) - case when w.active_days_28d > 0 then 1 else 0 end
    ) as teammates,
    y.on_trial,
    coalesce(r.payments_added, 0) > 0 as payment_info_added,
    coalesce(r.payments_added, 0) + greatest(coalesce(r.trials_started, 0) - 1, 0) as spending_signals,
    y.is_paying,
    y.in_sales
from people as p
cross join declared as n
inner join payers as y on y.payer_id = p.payer_id
inner join user_activity as w on w.user_id = p.user_id
left join reached as r on r.unit = 'user' and r.unit_id = p.user_id
left join invited as i on i.inviter_id = p.user_id
left join members as m on m.account_id = p.account_id
left join account_usage as t on t.account_id = p.account_id
left join reached as o on o.unit = 'account' and o.unit_id = p.account_id
left join asked as q on q.user_id = p.user_id
