-- What the night's snapshot says of each KPI that an initiative aims at: the newest wholly mature period, else the newest.
select
    a.initiative, a.kpi, a.period, s.period_start, s.value, s.ci_low, s.ci_high, s.unit, s.reason, s.definition_hash
from config.initiative_aims as a
inner join kpis.snapshot as s on s.kpi = a.kpi and s.period = a.period and s.segment = 'all' and s.dimension = ''
where s.as_of = $as_of
qualify row_number() over (
    partition by a.initiative, a.kpi, a.period
    order by case when s.mature_share = 1 then 0 else 1 end, s.period_start desc
) = 1
order by a.initiative, a.kpi, a.period
