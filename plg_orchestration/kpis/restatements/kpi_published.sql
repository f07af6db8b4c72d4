-- What earlier snapshots said about the periods of tonight's history, wherever it differs from what is known tonight or stood under
-- another definition; of a snapshot under another definition only the newest, and only when none came after it.
-- Values of open windows are left out, and so are estimates over those who still wait: that these move as days pass is no
-- restatement. Equal means within $tolerance, relative to the value, absolute below 1.
with now_known as (
    select
        h.kpi, h.period, h.period_start, h.segment, h.value, h.unit, h.definition_hash,
        cast(case h.period
            when 'day' then h.period_start + 1
            when 'week' then h.period_start + 7
            when 'month' then cast(h.period_start + interval 1 month as date)
            else cast(h.period_start + interval 3 month as date)
        end as date) as period_end
    from kpis.history as h
    join kpi_reach as r on r.kpi = h.kpi and not r.waits
    where h.as_of = $as_of and (h.mature_share = 1 or (h.mature_share is null and h.n = 0))
),
stated as (
    select
        s.as_of, s.kpi, s.period, s.period_start, h.period_end, s.segment, s.value, s.ci_low, s.ci_high, s.unit,
        h.value as value_now, s.definition_hash <> h.definition_hash as redefined,
        case
            when (s.value is null) <> (h.value is null) or s.unit <> h.unit then true
            else coalesce(abs(s.value - h.value) > $tolerance * greatest(1.0, abs(h.value)), false)
        end as differs
    from kpis.snapshot as s
    join now_known as h
        on h.kpi = s.kpi and h.period = s.period and h.period_start = s.period_start and h.segment = s.segment
    where
        s.as_of >= $oldest and s.as_of < $as_of and s.dimension = ''
        and (s.mature_share = 1 or (s.mature_share is null and s.n = 0))
),
newest as (
    select kpi, period, period_start, segment, max(as_of) as as_of
    from stated
    group by kpi, period, period_start, segment
)
select s.*
from stated as s
join newest as n on n.kpi = s.kpi and n.period = s.period and n.period_start = s.period_start and n.segment = s.segment
where case when s.redefined then s.as_of = n.as_of else s.differs end
