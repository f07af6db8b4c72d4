-- What was tried against disparity in the training, the unmitigated challenger first.
select *
from pql.mitigation
where as_of = $as_of and target = $target
order by case kind when 'plain' then 0 when 'variant' then 1 else 2 end, variant
