-- How the mandatory controls of each risk stood on each stored day of the window.
select
    risk_id, as_of, count(*) as controls,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'no_data') as unknown
from governance.controls
where mandatory and as_of > $after and as_of <= $as_of
group by risk_id, as_of
order by risk_id, as_of
