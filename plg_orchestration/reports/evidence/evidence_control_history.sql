-- The spells of each control in the quarter: from when to when it had which status, over how many evaluated days.
with changes as (
    select
        as_of, control_id, status,
        case when lag(status) over (partition by control_id order by as_of) = status then 0 else 1 end as changed
    from governance.controls
    where as_of between $first and $last
),
spells as (
    select
        as_of, control_id, status,
        sum(changed) over (partition by control_id order by as_of rows between unbounded preceding and current row) as spell
    from changes
)
select control_id, min(as_of) as since, max(as_of) as until, status, count(*) as days
from spells
group by control_id, spell, status
order by control_id, since
