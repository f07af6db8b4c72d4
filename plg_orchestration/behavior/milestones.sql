-- What became known on each received day about when each user and each account first did something, and how often.
with roles as (
    select distinct
        event,
        role,
        coalesce(nullif(item, ''), case when role in ('core_feature', 'onboarding_step') then event else '' end) as item
    from config.event_roles
),
by_event as (
    select received_date, user_id, account_id, event, min(event_at) as first_at, count(*) as events
    from resolved_events
    group by received_date, user_id, account_id, event
),
reached as (
    select b.received_date, b.user_id, b.account_id, r.role, r.item, b.first_at, b.events
    from by_event as b
    inner join roles as r on r.event = b.event
),
units as (
    select received_date, 'user' as unit, user_id as unit_id, role, item, first_at, events
    from reached
    where user_id is not null
    union all
    select received_date, 'account' as unit, account_id as unit_id, role, item, first_at, events
    from reached
    where account_id is not null
)
select received_date, unit, unit_id, role, item, min(first_at) as first_at, cast(sum(events) as bigint) as events
from units
group by received_date, unit, unit_id, role, item
