-- The baselines on which the newest earlier night rested; one that was found once stays, as long as the start is the same.
select
    initiative, kpi, period, since, baseline_start as period_start, baseline as value, baseline_low as ci_low,
    baseline_high as ci_high, baseline_definition as definition_hash
from governance.initiative_kpis
where as_of < $as_of and baseline is not null and baseline_start is not null
qualify row_number() over (partition by initiative, kpi, period order by as_of desc, role, compared) = 1
order by initiative, kpi, period
