-- How each version came to route, by the newest entry up to the day that raised it.
select version, kind, sequence, as_of, actor, acted_at, approval, gates
from pql.promotions
where kind in ('promotion', 'approval') and as_of <= $as_of
order by as_of, sequence
