-- The events that a declared funnel or activation rule names, by themselves or through the role that they play.
with roles as (
    select distinct
        event,
        role,
        coalesce(nullif(item, ''), case when role in ('core_feature', 'onboarding_step') then event else '' end) as item
    from config.event_roles
),
declared as (
    select role, item, event from config.funnel_steps
    union all
    select role, item, event from config.activation_conditions
)
select event from declared where event is not null
union
select r.event
from declared as d
inner join roles as r on r.role = d.role and (nullif(d.item, '') is null or r.item = d.item)
where d.event is null
