-- Units of a plain event table counted as in retention_counts.sql, for any number of intervals.
with entries as (
    select line, who, number, cast(number + $longest as integer) as last_number
    from plain_entry_periods
),
last_active as (
    select who, max(number) as number
    from plain_active_periods
    group by who
)
select line, number, 'size' as kind, 0 as step, count(*) as units
from entries
group by line, number
union all
select e.line, e.number, 'within' as kind, a.number - e.number as step, count(*) as units
from entries as e
inner join plain_active_periods as a on a.who = e.who and a.number >= e.number and a.number <= e.last_number
group by e.line, e.number, a.number - e.number
union all
select e.line, e.number, 'last' as kind, least(a.number, e.last_number) - e.number as step, count(*) as units
from entries as e
inner join last_active as a on a.who = e.who and a.number >= e.number
group by e.line, e.number, least(a.number, e.last_number) - e.number
