-- Published values that differ from what is known tonight, and of values under another definition the newest, not compared.
-- Estimates over those who still wait move as days pass, without any late row; they are left out.
with now_known as (
    select
        kpi, period, period_start, segment, value, unit, definition_hash,
        cast(case period
            when 'day' then period_start + 1
            when 'week' then period_start + 7
            when 'month' then cast(period_start + interval 1 month as date)
            else cast(period_start + interval 3 month as date)
        end as date) as period_end
    from kpis.history
    where as_of = $as_of and (mature_share = 1 or (mature_share is null and n = 0))
)
select
    p.kpi, p.period, p.period_start, h.period_end, p.segment, p.published_on, p.published_until, p.value as published_value,
    p.ci_low, p.ci_high, h.value as value_now, p.unit, h.definition_hash <> p.definition_hash as redefined
from kpi_published as p
join kpi_reach as r on r.kpi = p.kpi and not r.waits
join now_known as h
    on h.kpi = p.kpi and h.period = p.period and h.period_start = p.period_start and h.segment = p.segment
where
    case
        when h.definition_hash <> p.definition_hash then p.published_until = p.newest
        when (p.value is null) <> (h.value is null) or p.unit <> h.unit then true
        else abs(p.value - h.value) > $tolerance * greatest(1.0, abs(h.value))
    end
