-- Which groups the configuration leaves out of KPIs, and how many people stand under suspicion by the newest night that screened.
select
    coalesce((select string_agg(grp, ', ' order by grp) from config.kpi_exclude), '') as named,
    count(*) filter (where status <> 'cleared') as people
from governance.suspicions
where as_of = (select max(as_of) from governance.suspicions where as_of <= $as_of)
