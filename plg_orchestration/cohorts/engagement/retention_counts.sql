-- How many units entered each cohort (kind size), were active in its n-th interval (within) and were last active in it (last).
-- Bits are counted by bytes: equal bytes of one cohort once, whatever the number of units.
with chunks as (
    select cast(unnest(range(0, 8)) as integer) as chunk
),
bits as (
    select cast(unnest(range(0, 8)) as integer) as bit
),
bytes as (
    select e.line, e.number, e.top, c.chunk, (e.future >> (8 * c.chunk)) & 255 as byte, count(*) as units
    from calendar_entries as e
    cross join chunks as c
    where 8 * c.chunk <= e.top and (e.future >> (8 * c.chunk)) & 255 <> 0
    group by e.line, e.number, e.top, c.chunk, (e.future >> (8 * c.chunk)) & 255
)
select line, number, 'size' as kind, 0 as step, count(*) as units
from calendar_entries
group by line, number
union all
select b.line, b.number, 'within' as kind, b.top - 8 * b.chunk - t.bit as step, cast(sum(b.units) as bigint) as units
from bytes as b
inner join bits as t on (b.byte >> t.bit) & 1 = 1
group by b.line, b.number, b.top - 8 * b.chunk - t.bit
union all
select line, number, 'last' as kind, last_step as step, count(*) as units
from calendar_entries
where last_step is not null
group by line, number, last_step
