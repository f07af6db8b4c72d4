-- Published rules of thumb, computed on the workspace's own data.
select *
from kpis.claims
where as_of = $as_of
order by place
