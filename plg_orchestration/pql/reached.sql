-- What each user and each account ever reached, as known at the cut: counts and first or last times per role.
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
