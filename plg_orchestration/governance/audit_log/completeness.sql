-- Of each night from $first to $as_of, the decisions that are published and those that the log says stand.
with last as (
    select as_of, key, state, row_number() over (partition by key order by log_day desc, sequence desc) as place
    from governance.audit_log
    where kind = 'decision' and as_of between $first and $as_of
),
logged as (
    select as_of, count(*) as decisions from last where place = 1 and state = 'decided' group by as_of
),
published as (
    select as_of, count(*) as decisions from pql.decisions where as_of between $first and $as_of group by as_of
)
select
    coalesce(p.as_of, l.as_of) as as_of, coalesce(p.decisions, 0) as published, coalesce(l.decisions, 0) as logged
from published as p
full join logged as l on l.as_of = p.as_of
order by 1
