-- The moment at which each user of rule_people met the whole activation rule, as known on that day; and an account's, which is
-- that of its first user.
with conditions as (
    select rule, rule_kind, "group", group_kind, position, "count" as needed, distinct_items, window_days
    from config.activation_conditions
    where group_kind <> 'sequence'
),
counted as (
    -- Where different things are counted, the first time of each counts once.
    select o.received_date, o.user_id, o.rule, o."group", o.position, o.event_at, o.events, c.needed
    from rule_occurrences as o
    inner join conditions as c on c.rule = o.rule and c."group" = o."group" and c.position = o.position
    where c.window_days is null and not c.distinct_items
    union all
    select o.received_date, o.user_id, o.rule, o."group", o.position, min(o.event_at) as event_at, 1 as events, c.needed
    from rule_occurrences as o
    inner join conditions as c on c.rule = o.rule and c."group" = o."group" and c.position = o.position
    where c.window_days is null and c.distinct_items
    group by o.received_date, o.user_id, o.rule, o."group", o.position, o.thing, c.needed
),
summed as (
    select
        received_date, user_id, rule, "group", position, event_at, needed,
        sum(events) over (partition by received_date, user_id, rule, "group", position order by event_at) as seen
    from counted
),
sliding as (
    select
        o.received_date, o.user_id, o.rule, o."group", o.position, o.event_at,
        case when c.distinct_items then count(distinct b.thing) else sum(b.events) end as seen,
        c.needed
    from (
        select distinct received_date, user_id, rule, "group", position, event_at from rule_occurrences
    ) as o
    inner join conditions as c on c.rule = o.rule and c."group" = o."group" and c.position = o.position
    inner join rule_occurrences as b
        on b.received_date = o.received_date and b.user_id = o.user_id and b.rule = o.rule and b."group" = o."group"
        and b.position = o.position and b.event_at <= o.event_at and b.event_at > o.event_at - c.window_days * interval 1 day
    where c.window_days is not null
    group by
        o.received_date, o.user_id, o.rule, o."group", o.position, o.event_at, c.distinct_items, c.needed
),
met as (
    select received_date, user_id, rule, "group", position, min(event_at) as met_at
    from (
        select received_date, user_id, rule, "group", position, event_at, seen, needed from summed
        union all
        select received_date, user_id, rule, "group", position, event_at, seen, needed from sliding
    ) as reached
    where seen >= needed
    group by received_date, user_id, rule, "group", position
),
sizes as (
    select rule, "group", group_kind, count(*) as conditions from conditions group by rule, "group", group_kind
),
groups_met as (
    select
        m.received_date, m.user_id, m.rule, m."group",
        case when s.group_kind = 'any' then min(m.met_at) else max(m.met_at) end as met_at
    from met as m
    inner join sizes as s on s.rule = m.rule and s."group" = m."group"
    group by m.received_date, m.user_id, m.rule, m."group", s.group_kind, s.conditions
    having s.group_kind = 'any' or count(*) = s.conditions
    union all
    select received_date, user_id, rule, "group", met_at from rule_sequences
),
rules as (
    select rule, rule_kind, count(distinct "group") as groups from config.activation_conditions group by rule, rule_kind
),
moments as (
    select
        g.received_date, g.user_id, case when r.rule_kind = 'any' then min(g.met_at) else max(g.met_at) end as first_at
    from groups_met as g
    inner join rules as r on r.rule = g.rule
    group by g.received_date, g.user_id, r.rule_kind, r.groups
    having r.rule_kind = 'any' or count(*) = r.groups
)
select received_date, 'user' as unit, user_id as unit_id, first_at
from moments
union all
select m.received_date, 'account' as unit, p.account_id as unit_id, min(m.first_at) as first_at
from moments as m
inner join rule_people as p on p.received_date = m.received_date and p.user_id = m.user_id
where p.account_id is not null
group by m.received_date, p.account_id
