-- Yesterday's activity moved on by one day, with what today's received rows add; a shifted mask drops what leaves its 63 bits.
with held as (
    select
        unit, unit_id,
        (days & 4611686018427387903) << 1 as days,
        (core_days & 4611686018427387903) << 1 as core_days,
        case when $new_week then (weeks & 4611686018427387903) << 1 else weeks end as weeks,
        case when $new_month then (months & 4611686018427387903) << 1 else months end as months,
        first_days, first_active, last_active, events, core_events, items_created, invites_sent, invites_accepted
    from behavior.activity
    where as_of = $as_of - 1
),
joined as (
    select
        coalesce(h.unit, g.unit) as unit,
        coalesce(h.unit_id, g.unit_id) as unit_id,
        coalesce(h.days, 0) | coalesce(g.days, 0) as days,
        coalesce(h.core_days, 0) | coalesce(g.core_days, 0) as core_days,
        coalesce(h.weeks, 0) | coalesce(g.weeks, 0) as weeks,
        coalesce(h.months, 0) | coalesce(g.months, 0) as months,
        coalesce(h.first_days, 0) as held_days,
        coalesce(g.first_days, 0) as gained_days,
        case when g.first_active < h.first_active then date_diff('day', g.first_active, h.first_active) else 0 end as held_later,
        case when h.first_active < g.first_active then date_diff('day', h.first_active, g.first_active) else 0 end as gained_later,
        least(coalesce(h.first_active, g.first_active), coalesce(g.first_active, h.first_active)) as first_active,
        greatest(coalesce(h.last_active, g.last_active), coalesce(g.last_active, h.last_active)) as last_active,
        coalesce(h.events, 0) + coalesce(g.events, 0) as events,
        coalesce(h.core_events, 0) + coalesce(g.core_events, 0) as core_events,
        coalesce(h.items_created, 0) + coalesce(g.items_created, 0) as items_created,
        coalesce(h.invites_sent, 0) + coalesce(g.invites_sent, 0) as invites_sent,
        coalesce(h.invites_accepted, 0) + coalesce(g.invites_accepted, 0) as invites_accepted
    from held as h
    full outer join gained as g on g.unit = h.unit and g.unit_id = h.unit_id
)
select
    $as_of as as_of, unit, unit_id, days, core_days, weeks, months,
    case
        when held_later = 0 then held_days
        when held_later > 62 then 0
        else (held_days & ((cast(1 as bigint) << cast(63 - least(greatest(held_later, 1), 62) as integer)) - 1))
            << cast(least(held_later, 62) as integer)
    end
    | case
        when gained_later = 0 then gained_days
        when gained_later > 62 then 0
        else (gained_days & ((cast(1 as bigint) << cast(63 - least(greatest(gained_later, 1), 62) as integer)) - 1))
            << cast(least(gained_later, 62) as integer)
    end as first_days,
    first_active, last_active, events, core_events, items_created, invites_sent, invites_accepted
from joined
