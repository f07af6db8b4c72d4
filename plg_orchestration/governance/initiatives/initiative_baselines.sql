-- The newest wholly mature value of each KPI, in the period compared, that ended before the initiative started, as known lately.
with told as (
    select
        as_of, kpi, period, period_start, value, ci_low, ci_high, definition_hash,
        case period
            when 'day' then cast(period_start + interval 1 day as date)
            when 'week' then cast(period_start + interval 7 day as date)
            when 'month' then cast(period_start + interval 1 month as date)
            else cast(period_start + interval 3 month as date)
        end as period_end
    from kpis.history
    where as_of <= $as_of and segment = 'all' and value is not null and mature_share = 1
)
select a.initiative, a.kpi, a.period, t.period_start, t.value, t.ci_low, t.ci_high, t.definition_hash
from config.initiative_aims as a
inner join told as t on t.kpi = a.kpi and t.period = a.period and t.period_end <= a.starts
where a.starts <= $as_of
qualify row_number() over (partition by a.initiative, a.kpi, a.period order by t.period_start desc, t.as_of desc) = 1
order by a.initiative, a.kpi, a.period
