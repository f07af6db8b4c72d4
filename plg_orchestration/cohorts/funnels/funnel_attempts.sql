-- Every attempt of every entrant, one row per step reached. An attempt begins with each first step (in any order: with each
-- step) and takes the earliest next one; it is named by the position of its first event, and its window runs from there.
with recursive lines as (
    select distinct line, ordering, window_seconds
    from funnel_plan
    where place is not null
),
ordered as (
    select o.who, o.position, o.happened_at, o.place, l.line, l.ordering, l.window_seconds
    from funnel_occurrences as o
    inner join lines as l on l.line = o.line and l.ordering <> 'unordered'
),
pairs as (
    select line, who, position, happened_at, place, place as pair, ordering, window_seconds, 1 as is_source
    from ordered
    union all
    select line, who, position, happened_at, place, place - 1 as pair, ordering, window_seconds, 0 as is_source
    from ordered
    where place > 1
),
pointed as (
    select
        line, who, position, happened_at, place, ordering, window_seconds, is_source,
        first_value(case when is_source = 0 then position end ignore nulls) over (
            partition by who, pair order by 2 * position + is_source rows between 1 following and unbounded following
        ) as next_position
    from pairs
),
links as (
    select
        line, who, position, happened_at, place, window_seconds,
        case when ordering = 'ordered' or next_position = position + 1 then next_position end as next_position
    from pointed
    where is_source = 1
),
chains as (
    select
        line, who, position as attempt, happened_at as started_at,
        happened_at + window_seconds * interval 1 second as ends_at,
        place as step, happened_at, cast(null as timestamp) as previous_at, next_position
    from links
    where place = 1
    union all
    select
        c.line, c.who, c.attempt, c.started_at, c.ends_at, n.place as step, n.happened_at, c.happened_at as previous_at,
        n.next_position
    from chains as c
    inner join links as n
        on n.who = c.who and n.place = c.step + 1 and n.position = c.next_position and n.happened_at < c.ends_at
),
loose as (
    select distinct o.line, o.who, o.position, o.happened_at, o.class, l.window_seconds
    from funnel_occurrences as o
    inner join lines as l on l.line = o.line and l.ordering = 'unordered'
),
slots as (
    select line, class, row_number() over (partition by line, class order by place) as slot
    from (select distinct line, place, class from funnel_plan where ordering = 'unordered' and place is not null) as steps
),
probes as (
    select s.line, s.who, s.position, s.happened_at, c.class, s.window_seconds, 0 as is_occurrence
    from (select distinct line, who, position, happened_at, window_seconds from loose) as s
    inner join (select distinct line, class from slots) as c on c.line = s.line
    union all
    select line, who, position, happened_at, class, window_seconds, 1 as is_occurrence
    from loose
),
counted as (
    select
        *,
        sum(is_occurrence) over (
            partition by who, class order by 2 * position + is_occurrence rows between unbounded preceding and current row
        ) as number
    from probes
),
completed as (
    select
        b.line, b.who, b.position as attempt, b.happened_at as started_at, n.happened_at,
        row_number() over (partition by b.who, b.position order by n.happened_at, n.position, s.class, s.slot) as step
    from counted as b
    inner join slots as s on s.line = b.line and s.class = b.class
    inner join counted as n
        on n.who = b.who and n.class = b.class and n.number = b.number + s.slot and n.is_occurrence = 1
        and n.happened_at < b.happened_at + b.window_seconds * interval 1 second
    where b.is_occurrence = 0
)
select line, who, attempt, started_at, step, happened_at, previous_at
from chains
union all
select
    line, who, attempt, started_at, cast(step as integer) as step, happened_at,
    lag(happened_at) over (partition by who, attempt order by step) as previous_at
from completed
