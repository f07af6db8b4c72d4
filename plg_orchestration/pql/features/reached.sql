-- What each user and each account ever reached, as known at the cut: distinct items, and first or last times per role.
with told as (
    select unit, unit_id, role, item, first_at, times
    from behavior.milestones
    where received_date <= $as_of and first_at < $cut and (
        role in ('plan_upgraded', 'cancelled', 'plan_downgraded', 'trial_started', 'integration_connected')
        or unit = 'user' and role in ('core_feature', 'onboarding_step', 'onboarding_complete', 'activation', 'payment_info_added')
    )
),
items as (
    -- An item that was told again, at an earlier time, still counts once.
    select unit_id, role, item
    from told
    where unit = 'user' and role in ('core_feature', 'onboarding_step')
    group by unit_id, role, item
),
named as (
    select
        unit_id,
        count(*) filter (where role = 'core_feature') as core_features_ever,
        count(*) filter (where role = 'onboarding_step') as onboarding_steps
    from items
    group by unit_id
),
marks as (
    select
        unit, unit_id,
        cast(sum(times) filter (where role = 'payment_info_added') as bigint) as payments_added,
        cast(sum(times) filter (where role = 'trial_started') as bigint) as trials_started,
        count(*) filter (where role = 'onboarding_complete') > 0 as onboarded,
        count(*) filter (where role = 'integration_connected') > 0 as integrated,
        min(first_at) filter (where role = 'activation') as activated_at,
        max(first_at) filter (where role = 'plan_upgraded') as upgraded_at,
        max(first_at) filter (where role in ('cancelled', 'plan_downgraded')) as ended_at,
        max(first_at) filter (where role = 'trial_started') as trial_at
    from told
    group by unit, unit_id
)
select
    m.unit, m.unit_id,
    coalesce(n.core_features_ever, 0) as core_features_ever,
    coalesce(n.onboarding_steps, 0) as onboarding_steps,
    m.payments_added, m.trials_started, m.onboarded, m.integrated, m.activated_at, m.upgraded_at, m.ended_at, m.trial_at
from marks as m
left join named as n on m.unit = 'user' and n.unit_id = m.unit_id
