-- Live performance as known on the month's newest night.
select *
from pql.live_performance
where as_of = (select max(as_of) from pql.live_performance where as_of >= $first and as_of <= $as_of)
order by target, metric, period, period_start, version, kind
