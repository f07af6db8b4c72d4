-- Every occurrence of an event that a funnel or an activation rule names, by itself or through the role that it plays.
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
),
wanted as (
    select event from declared where event is not null
    union
    select r.event
    from declared as d
    inner join roles as r on r.role = d.role and (nullif(d.item, '') is null or r.item = d.item)
    where d.event is null
)
select e.received_date, e.event_date, e.user_id, e.account_id, e.event, e.event_at, count(*) as events
from resolved_events as e
inner join wanted as w on w.event = e.event
group by e.received_date, e.event_date, e.user_id, e.account_id, e.event, e.event_at
