-- What each user and each account ever reached, as known at the cut: distinct items, and first or last times per role.
with items as (
    select
        unit, unit_id, role, item,
        min(first_at) as first_at,
        max(first_at) as last_at,
        sum(times) as times
    from behavior.milestones
    where received_date <= $as_of and first_at < $cut and (
        role in ('plan_upgraded', 'cancelled', 'plan_downgraded', 'trial_started')
        or unit = 'user' and role in (
            'core_feature', 'onboarding_step', 'onboarding_complete', 'activation', 'integration_connected', 'payment_info_added'
        )
    )
    group by unit, unit_id, role, item
)
select
    unit, unit_id,
    count(*) filter (where role = 'core_feature') as core_features_ever,
    count(*) filter (where role = 'onboarding_step') as onboarding_steps,
    cast(sum(times) filter (where role = 'payment_info_added') as bigint) as payments_added,
    cast(sum(times) filter (where role = 'trial_started') as bigint) as trials_started,
    count(*) filter (where role = 'onboarding_complete') > 0 as onboarded,
    count(*) filter (where role = 'integration_connected') > 0 as integrated,
    min(first_at) filter (where role = 'activation') as activated_at,
    max(last_at) filter (where role = 'plan_upgraded') as upgraded_at,
    max(last_at) filter (where role in ('cancelled', 'plan_downgraded')) as ended_at,
    max(last_at) filter (where role = 'trial_started') as trial_at
from items
group by unit, unit_id
