-- The steps that a golden path may have. What shows the activation itself, or is a condition of its rule, is none, and of two
-- steps made of the same events the one whose role is listed first is taken.
with roles as (
    select distinct
        p.place, p.role, r.event, coalesce(r.step, 0) as number,
        coalesce(nullif(r.item, ''), case when p.role in ('core_feature', 'onboarding_step') then r.event else '' end) as item,
        p.name
    from config.path_roles as p
    inner join config.event_roles as r on r.role = p.role
),
sizes as (
    select place, role, item, count(distinct event) as events
    from roles
    group by place, role, item
),
repeated as (
    select distinct late.place, late.item
    from (
        select b.place, b.role, b.item, a.role as first_role, a.item as first_item, count(distinct b.event) as events
        from roles as b
        inner join roles as a on a.event = b.event and (a.place < b.place or a.place = b.place and a.item < b.item)
        group by b.place, b.role, b.item, a.role, a.item
    ) as late
    inner join sizes as x on x.role = late.role and x.item = late.item and x.events = late.events
    inner join sizes as y on y.role = late.first_role and y.item = late.first_item and y.events = late.events
),
outcome as (
    select distinct r.place, r.item
    from roles as r
    inner join config.event_roles as a on a.event = r.event and a.role = 'activation'
    union
    select distinct r.place, r.item
    from roles as r
    inner join config.activation_conditions as c
        on c.event = r.event or c.event is null and c.role = r.role and coalesce(nullif(c.item, ''), r.item) = r.item
)
select
    r.role, r.item, replace(r.name, '{item}', r.item) as step,
    cast(1000 * r.place + min(r.number) as integer) as place
from roles as r
left join repeated as d on d.place = r.place and d.item = r.item
left join outcome as o on o.place = r.place and o.item = r.item
where d.place is null and o.place is null
group by r.role, r.item, r.place, r.name
