-- The steps that make up the score's input progress with their shares, which add up to 1. Where no step is mapped, finishing the
-- onboarding is the only one.
with mapped as (
    select distinct role, coalesce(nullif(item, ''), event) as item from config.event_roles where role = 'onboarding_step'
    union
    select distinct role, '' as item
    from config.event_roles
    where
        role = 'onboarding_complete'
        and not exists (select 1 from config.event_roles as r where r.role = 'onboarding_step')
),
weighed as (
    select m.role, m.item, coalesce(w.weight, 1.0) as weight
    from mapped as m
    left join config.activation_steps as w on w.item = m.item
)
select role, item, weight / sum(weight) over () as share from weighed
