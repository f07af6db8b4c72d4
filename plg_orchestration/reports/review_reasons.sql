-- Why leads were turned down or lost whose outcome did not come, over the weeks that are shown.
select
    target, scorer, version, outcome, reason, cast(sum(leads) as bigint) as leads,
    sum(leads) / cast(sum(sum(leads)) over (partition by target, version) as double) as share
from pql.outcomes
where as_of = (select max(as_of) from pql.outcomes where as_of >= $first and as_of <= $as_of) and not label
group by target, scorer, version, outcome, reason
order by target, leads desc, version, outcome, reason
