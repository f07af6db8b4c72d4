-- What went otherwise than planned in the month: alarms of drift, changes of the champion, and tables without rows.
with alarms as (
    select target, subject, min(as_of) as first_on, max(as_of) as last_on, count(distinct as_of) as nights
    from pql.drift
    where as_of >= $first and as_of <= $as_of and verdict = 'drifted'
    group by target, subject
)
select
    target, 'drift' as kind, first_on, last_on, nights, string_agg(subject, ', ' order by subject) as what,
    concat(count(*), case when count(*) = 1 then ' subject' else ' subjects' end) as reason
from alarms
group by target, first_on, last_on, nights
union all
select
    target, 'champion' as kind, as_of as first_on, as_of as last_on, 1 as nights, concat(previous, ' to ', version) as what,
    reason
from pql.champion
where as_of >= $first and as_of <= $as_of and version <> previous
union all
select
    '' as target, 'unavailable' as kind, min(day) as first_on, max(day) as last_on, count(distinct day) as nights,
    table_name as what, max_by(reason, day) as reason
from meta.publications
where status = 'unavailable' and day >= $first and day <= $as_of and table_name like 'pql.%'
group by table_name
order by first_on, kind, what
