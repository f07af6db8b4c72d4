-- Every metric of every layer by segment: its newest wholly mature value, the published median, and what the gap costs a month:
-- gap as a share × affected accounts × what an account pays. A negative gap is the bad side of the median.
with tonight as (
    select kpi, period, period_start, segment, value, unit, target, reason, definition_hash
    from kpis.snapshot
    where as_of = $as_of and dimension = ''
    qualify row_number() over (
        partition by kpi, period, segment order by case when mature_share = 1 then 0 else 1 end, period_start desc
    ) = 1
),
last_week as (
    select max(as_of) as as_of from kpis.snapshot where as_of between $as_of - 13 and $as_of - 7
),
before as (
    select s.kpi, s.period, s.segment, s.value, s.definition_hash
    from kpis.snapshot as s
    join last_week as w on w.as_of = s.as_of
    where s.dimension = ''
    qualify row_number() over (
        partition by s.kpi, s.period, s.segment order by case when s.mature_share = 1 then 0 else 1 end, s.period_start desc
    ) = 1
),
cells as (
    select
        m.layer, m.label, m.question, m.owner, m.place, m.metric_place, m.kpi, m.period, m.affects, m.better, g.segment,
        t.period_start, t.value, t.unit, t.target, t.definition_hash, y.p50, y.unit as p50_unit, y.kind as p50_kind,
        y.source as p50_source, p.value as arpu, p.unit as arpu_unit,
        case m.affects
            when 'new_accounts' then a.new_accounts when 'free_accounts' then a.free_accounts
            when 'paying_accounts' then a.paying_accounts else a.lead_accounts
        end as affected_accounts,
        w.as_of as last_week, b.value as previous,
        case
            when w.as_of is null then 'no snapshot of a week before is published'
            when b.kpi is null or b.value is null then 'it had no value a week before'
            when b.definition_hash <> t.definition_hash then 'its definition has changed since'
        end as change_blocked,
        case
            when t.kpi is null then 'tonight''s snapshot has no such row'
            when t.value is null then coalesce(t.reason, 'it has no value tonight')
            when y.p50 is null then 'no published median for this segment and period'
            when y.unit <> t.unit then concat('the published median is in ', y.unit, ', the value in ', t.unit)
            when t.unit not in ('percent', 'ratio') and t.unit not like '%_per_month'
                then concat('a gap in ', t.unit, ' is no share of accounts: shown, and not weighed')
            when t.unit like '%_per_month' and (m.better < 0 or y.p50 <= 0)
                then 'only a price that should be higher is weighed against its median'
            when p.value is null then concat('what an account pays is not known: ', coalesce(p.reason, 'no account pays'))
        end as reason
    from config.review_metrics as m
    cross join (values ('all'), ('smb'), ('mid_market'), ('enterprise')) as g(segment)
    cross join last_week as w
    left join tonight as t on t.kpi = m.kpi and t.period = m.period and t.segment = g.segment
    left join tonight as p on p.kpi = 'arpa' and p.period = 'day' and p.segment = g.segment
    left join before as b on b.kpi = m.kpi and b.period = m.period and b.segment = g.segment
    left join config.review_medians as y on y.kpi = m.kpi and y.period = m.period and y.segment = g.segment
    left join affected_accounts as a on a.segment = g.segment
),
gaps as (
    select *, case when p50_unit = unit then better * (value - p50) end as gap from cells
),
weighed as (
    select
        *,
        case
            when reason is not null then null
            when gap >= 0 then 0.0
            when unit = 'percent' then -gap / 100
            when unit = 'ratio' then -gap
            else -gap / p50
        end as distance,
        coalesce(affected_accounts, 0) * arpu as money_at_stake
    from gaps
)
select
    layer, label, question, owner, place, metric_place, kpi, period, affects, segment, period_start, value, unit, target, p50,
    p50_kind, p50_source, gap, distance, coalesce(affected_accounts, 0) as affected_accounts, arpu, money_at_stake,
    distance * money_at_stake as leak, upper(replace(arpu_unit, '_per_month', '')) as currency, definition_hash, last_week,
    case when change_blocked is null then previous end as previous,
    case when change_blocked is null then value - previous end as change_since_last_week,
    case when value is not null then change_blocked end as change_reason, reason,
    case
        when segment <> 'all' then distance is not null
        else distance is not null and max(case when segment <> 'all' and distance is not null then 1 else 0 end) over (
            partition by layer, kpi
        ) = 0
    end as counted
from weighed
