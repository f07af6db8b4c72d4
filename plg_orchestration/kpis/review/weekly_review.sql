-- The review of the newest complete week: one row a layer, with its worst metric and what that leaks a month, and one row for each
-- metric and segment with every term. A metric's segments are added up, since no account is in two; a layer's metrics are not, since
-- they look at the same accounts.
with sums as (
    select
        layer, kpi, min(metric_place) as metric_place, sum(leak) as leak, sum(money_at_stake) as money_at_stake,
        sum(affected_accounts) as affected_accounts, count(*) as segments, min(segment) as one_segment
    from reviewed_metrics
    where counted
    group by layer, kpi
),
worst as (
    select *
    from sums
    qualify row_number() over (partition by layer order by leak desc, metric_place) = 1
),
unweighed as (
    select layer, count(distinct kpi) as metrics, arg_min(reason, metric_place) as first_reason
    from reviewed_metrics
    where segment = 'all' and reason is not null
    group by layer
),
last_review as (
    select max(as_of) as as_of from kpis.weekly_review where as_of between $as_of - 13 and $as_of - 7
),
stored as (
    select r.kind, r.layer, r.kpi, r.segment, r.leak, r.leakiest, r.p50, r.definition_hash, r.as_of
    from kpis.weekly_review as r
    join last_review as w on w.as_of = r.as_of
),
moved as (
    select coalesce(n.layer, s.layer) as layer, count(*) as differing
    from reviewed_metrics as n
    full join (select * from stored where kind = 'metric') as s
        on s.layer = n.layer and s.kpi = n.kpi and s.segment = n.segment
    where
        n.kpi is null or s.kpi is null or n.p50 is distinct from s.p50 or n.definition_hash is distinct from s.definition_hash
    group by coalesce(n.layer, s.layer)
),
layers as (
    select distinct layer, label, question, owner, place from reviewed_metrics
),
ranked as (
    select
        l.layer, l.label, l.question, l.owner, l.place, w.kpi, w.leak, w.money_at_stake, w.affected_accounts, w.segments,
        w.one_segment,
        case when w.leak > 0 then row_number() over (order by coalesce(w.leak, -1) desc, l.place) end as leak_rank,
        case when w.leak > 0 then count(*) over (partition by w.leak) end as equals
    from layers as l
    left join worst as w on w.layer = l.layer
),
of_layers as (
    select
        'layer' as kind, r.layer, r.label, r.question, r.owner, r.place, 0 as metric_place, coalesce(r.kpi, '') as kpi,
        coalesce(m.period, '') as period, coalesce(m.affects, '') as affects, 'all' as segment,
        cast(m.period_start as date) as period_start, m.value, m.unit, m.target, m.p50, m.p50_kind, m.p50_source, m.gap,
        r.leak / nullif(r.money_at_stake, 0) as distance, r.affected_accounts, r.money_at_stake / nullif(r.affected_accounts, 0) as arpu,
        r.money_at_stake, r.leak, c.currency, coalesce(r.leak_rank = 1, false) as leakiest, v.as_of as last_week,
        case when d.layer is null and v.layer is not null then v.leak end as previous,
        case when d.layer is null and v.layer is not null then r.leak - v.leak end as change_since_last_week,
        case
            when r.leak is null then null
            when w.as_of is null then 'no review of a week before is published'
            when d.layer is not null then 'its metrics, a definition or a published median have changed since'
            when v.leak is null then 'it was not weighed a week before'
        end as change_reason,
        v.leakiest as leakiest_last_week, cast(null as boolean) as counted, cast(null as varchar) as definition_hash,
        case
            when r.leak is null then concat(
                'none of its ', cast(coalesce(u.metrics, 0) as varchar), ' metrics can be weighed; ', coalesce(u.first_reason, '')
            )
        end as reason,
        case
            when r.leak = 0 then 'every metric that can be weighed stands at its published median or better'
            when r.equals > 1 then 'another layer leaks as much; of equals the one that customers pass first is named'
            when r.one_segment <> 'all' and r.segments < 3 then concat(
                'weighed in ', cast(r.segments as varchar), ' of 3 segments'
            )
        end as note
    from ranked as r
    cross join last_review as w
    cross join (select max(currency) as currency from reviewed_metrics) as c
    left join reviewed_metrics as m on m.layer = r.layer and m.kpi = r.kpi and m.segment = 'all'
    left join stored as v on v.kind = 'layer' and v.layer = r.layer
    left join moved as d on d.layer = r.layer
    left join unweighed as u on u.layer = r.layer
),
of_metrics as (
    select
        'metric' as kind, layer, label, question, owner, place, metric_place, kpi, period, affects, segment, period_start, value,
        unit, target, p50, p50_kind, p50_source, gap, distance, affected_accounts, arpu, money_at_stake, leak, currency,
        false as leakiest, last_week, previous, change_since_last_week, change_reason, cast(null as boolean) as leakiest_last_week,
        counted, definition_hash, reason, cast(null as varchar) as note
    from reviewed_metrics
)
select
    cast($as_of as date) as as_of, cast($week_start as date) as week_start, kind, layer, label, question, place, metric_place, owner,
    kpi, period, affects, segment, period_start, value, unit, target, p50, p50_kind, p50_source, gap, distance,
    cast(affected_accounts as bigint) as affected_accounts, arpu, money_at_stake, leak, currency, leakiest, leakiest_last_week,
    last_week, previous, change_since_last_week, change_reason, counted, reason, note, definition_hash
from (select * from of_layers union all select * from of_metrics) as every_row
order by kind, place, metric_place, segment
