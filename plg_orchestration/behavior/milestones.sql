-- What each received day said anew about when each user and each account first did something: a first time, or an earlier
-- one than was known before. Of roles that recur (plans, trials, payment) every received day is kept.
with roles as (
    select distinct
        event,
        role,
        coalesce(nullif(item, ''), case when role in ('core_feature', 'onboarding_step') then event else '' end) as item
    from config.event_roles
    where role <> 'activation' or not exists (select 1 from config.activation_conditions)
),
by_event as (
    select received_date, user_id, account_id, event, min(event_at) as first_at, count(*) as times
    from resolved_events
    group by received_date, user_id, account_id, event
),
reached as (
    select b.received_date, b.user_id, b.account_id, r.role, r.item, b.first_at, b.times
    from by_event as b
    inner join roles as r on r.event = b.event
),
units as (
    select received_date, 'user' as unit, user_id as unit_id, role, item, first_at, times
    from reached
    where user_id is not null
    union all
    select received_date, 'account' as unit, account_id as unit_id, role, item, first_at, times
    from reached
    where account_id is not null
    union all
    select received_date, unit, unit_id, 'activation' as role, '' as item, first_at, 1 as times from rule_activations
),
told as (
    select received_date, unit, unit_id, role, item, min(first_at) as first_at, cast(sum(times) as bigint) as times
    from units
    group by received_date, unit, unit_id, role, item
),
known as (
    select m.unit, m.unit_id, m.role, m.item, min(m.first_at) as first_at
    from behavior.milestones as m
    inner join (select distinct unit, unit_id, role, item from told) as t
        on t.unit = m.unit and t.unit_id = m.unit_id and t.role = m.role and t.item = m.item
    where m.received_date < $first_day
    group by m.unit, m.unit_id, m.role, m.item
),
news as (
    select t.*, t.role in ('plan_upgraded', 'plan_downgraded', 'cancelled', 'trial_started', 'payment_info_added') as recurs
    from told as t
    left join known as k on k.unit = t.unit and k.unit_id = t.unit_id and k.role = t.role and k.item = t.item
    where
        k.first_at is null or t.first_at < k.first_at
        or t.role in ('plan_upgraded', 'plan_downgraded', 'cancelled', 'trial_started', 'payment_info_added')
),
compared as (
    select
        *,
        min(first_at) over (
            partition by unit, unit_id, role, item order by received_date rows between unbounded preceding and 1 preceding
        ) as before_at
    from news
)
select received_date, unit, unit_id, role, item, first_at, times
from compared
where recurs or before_at is null or first_at < before_at
