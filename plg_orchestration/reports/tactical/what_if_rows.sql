-- What a change of each lever would do to ARR.
select *
from kpis.what_if
where as_of = $as_of
order by lever
