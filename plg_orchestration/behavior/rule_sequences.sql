-- When each sequence of an activation rule was complete: each step is met by its last needed occurrence strictly after the step
-- before, and taking every step at its earliest makes the last one earliest.
with steps as (
    select
        o.received_date, o.user_id, o.rule, o."group", o.position, o.event_at, o.events, c."count" as needed
    from rule_occurrences as o
    inner join config.activation_conditions as c
        on c.rule = o.rule and c."group" = o."group" and c.position = o.position and c.group_kind = 'sequence'
),
first_counted as (
    select *, sum(events) over (partition by received_date, user_id, rule, "group" order by event_at) as seen
    from steps
    where position = 1
),
first_met as (
    select received_date, user_id, rule, "group", min(event_at) as met_at
    from first_counted
    where seen >= needed
    group by received_date, user_id, rule, "group"
),
second_counted as (
    select s.*, sum(s.events) over (partition by s.received_date, s.user_id, s.rule, s."group" order by s.event_at) as seen
    from steps as s
    inner join first_met as m
        on m.received_date = s.received_date and m.user_id = s.user_id and m.rule = s.rule and m."group" = s."group"
    where s.position = 2 and s.event_at > m.met_at
),
second_met as (
    select received_date, user_id, rule, "group", min(event_at) as met_at
    from second_counted
    where seen >= needed
    group by received_date, user_id, rule, "group"
),
third_counted as (
    select s.*, sum(s.events) over (partition by s.received_date, s.user_id, s.rule, s."group" order by s.event_at) as seen
    from steps as s
    inner join second_met as m
        on m.received_date = s.received_date and m.user_id = s.user_id and m.rule = s.rule and m."group" = s."group"
    where s.position = 3 and s.event_at > m.met_at
),
third_met as (
    select received_date, user_id, rule, "group", min(event_at) as met_at
    from third_counted
    where seen >= needed
    group by received_date, user_id, rule, "group"
),
fourth_counted as (
    select s.*, sum(s.events) over (partition by s.received_date, s.user_id, s.rule, s."group" order by s.event_at) as seen
    from steps as s
    inner join third_met as m
        on m.received_date = s.received_date and m.user_id = s.user_id and m.rule = s.rule and m."group" = s."group"
    where s.position = 4 and s.event_at > m.met_at
),
fourth_met as (
    select received_date, user_id, rule, "group", min(event_at) as met_at
    from fourth_counted
    where seen >= needed
    group by received_date, user_id, rule, "group"
),
lengths as (
    select rule, "group", max(position) as steps from config.activation_conditions where group_kind = 'sequence' group by rule, "group"
),
met as (
    select 2 as step, * from second_met
    union all
    select 3 as step, * from third_met
    union all
    select 4 as step, * from fourth_met
)
select m.received_date, m.user_id, m.rule, m."group", m.met_at
from met as m
inner join lengths as l on l.rule = m.rule and l."group" = m."group" and l.steps = m.step
