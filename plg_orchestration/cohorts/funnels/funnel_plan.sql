-- Each declared funnel and unit (a line) with its steps as this workspace can see them: one row per step and event.
-- `step` numbers all steps, `place` those that are left in; steps with the same events share a `class`. Why a step is left
-- out stands in `reason`. Where a rule says what activation is, its moments are the step, and not an event.
with roles as (
    select distinct
        event, role, step as place_in_role,
        coalesce(nullif(item, ''), case when role in ('core_feature', 'onboarding_step') then event else '' end) as item
    from config.event_roles
),
declared as (
    select
        f.funnel, f.unit, f.ordering, f.window_seconds, f.weeks, s.step as declared_step, s.name, s.role,
        nullif(s.item, '') as item, s.event, s.each_item
    from config.funnels as f
    inner join config.funnel_steps as s on s.funnel = f.funnel
),
payments as (
    select
        (select count(*) from known_subscriptions) > 0
        or (select count(*) from config.event_roles where role = 'plan_upgraded') > 0 as known
),
sourced as (
    select
        *,
        case
            when role in ('signup', 'paid') then role
            when role = 'activation' and (select count(*) from config.activation_rules) > 0 then 'activation'
            else 'event'
        end as source
    from declared
),
found as (
    select
        d.*, r.place_in_role,
        case when d.each_item then r.item end as each_name,
        case
            when d.source in ('signup', 'activation') or (d.source = 'paid' and p.known) then ''
            else coalesce(d.event, r.event)
        end as found_event
    from sourced as d
    cross join payments as p
    left join roles as r on r.role = d.role and d.event is null and d.source = 'event' and (d.item is null or r.item = d.item)
),
numbered as (
    select
        *,
        dense_rank() over (order by funnel, unit) as line,
        dense_rank() over (
            partition by funnel, unit
            order by declared_step, case when each_item then coalesce(place_in_role, 0) end, each_name
        ) as step
    from found
),
alive as (
    select
        *,
        case
            when found_event is not null then null
            when role = 'paid' then 'no subscription is known, and no event plays the role plan_upgraded'
            when item is not null then 'no event plays the role ' || role || ' with the item ' || item
            else 'no event plays the role ' || role
        end as lack
    from numbered
),
judged as (
    select
        *,
        max(case when step = 1 then lack end) over (partition by line) as first_lack,
        max(case when lack is null then step end) over (partition by line) as last_alive
    from alive
),
reasoned as (
    select
        *,
        coalesce(
            lack,
            case
                when first_lack is not null then 'the funnel cannot begin: ' || first_lack
                when coalesce(last_alive, 1) = 1 then 'no other step of the funnel can be seen'
            end
        ) as reason
    from judged
),
placed as (
    select *, case when reason is null then dense_rank() over (partition by line, reason is null order by step) end as place
    from reasoned
),
sizes as (
    select line, place, count(*) as n
    from (select distinct line, place, source, found_event from placed where place is not null) as events
    group by line, place
),
alike as (
    select a.line, a.place, b.place as other
    from (select distinct line, place, source, found_event from placed where place is not null) as a
    inner join (select distinct line, place, source, found_event from placed where place is not null) as b
        on b.line = a.line and b.source = a.source and b.found_event = a.found_event
    inner join sizes as x on x.line = a.line and x.place = a.place
    inner join sizes as y on y.line = b.line and y.place = b.place
    group by a.line, a.place, b.place, x.n, y.n
    having count(*) = x.n and count(*) = y.n
),
classes as (
    select line, place, min(other) as class
    from alike
    group by line, place
)
select distinct
    cast(p.line as integer) as line, p.funnel, p.unit, p.ordering, p.window_seconds,
    cast(date_trunc('week', $as_of) as date) - 7 * (p.weeks - 1) as first_date,
    cast(p.step as integer) as step, coalesce(p.each_name, p.name) as name, p.source, p.found_event as event,
    cast(p.place as integer) as place, cast(c.class as integer) as class, p.reason
from placed as p
left join classes as c on c.line = p.line and c.place = p.place
