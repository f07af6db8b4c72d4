-- The reviews as they stand on the night: for each cadence the KPIs that are reviewed at it, with the newest values of the period
-- that goes with it, and the day on which that review is held: the day after its period has ended.
with preferred as (
    select cadence, period, rank
    from (values
        ('daily', 'day', 0), ('daily', 'week', 1), ('daily', 'month', 2), ('daily', 'quarter', 3),
        ('weekly', 'week', 0), ('weekly', 'month', 1), ('weekly', 'quarter', 2), ('weekly', 'day', 3),
        ('monthly', 'month', 0), ('monthly', 'quarter', 1), ('monthly', 'week', 2), ('monthly', 'day', 3),
        ('quarterly', 'quarter', 0), ('quarterly', 'month', 1), ('quarterly', 'week', 2), ('quarterly', 'day', 3)
    ) as v(cadence, period, rank)
),
forums as (
    select 'review' as forum, f.kpi, coalesce(c.cadence, f.cadence) as cadence
    from kpi_facts as f
    left join config.kpi_cadences as c on c.kpi = f.kpi
    union all
    select 'tactical' as forum, kpi, tactical_cadence as cadence
    from config.kpi_cadences
),
chosen as (
    select
        r.forum, r.cadence, t.metric as kpi, t.segment, t.group_name, t.period, t.period_start, t.current, t.previous, t.trend,
        t.trend_unit, t.within_interval, t.unit, t.direction, t.target, t.target_origin, t.distance_to_target, t.n, t.reason,
        t.trend_reason, t.place,
        row_number() over (partition by r.forum, r.kpi, t.segment order by p.rank) as choice
    from forums as r
    join kpis.trends as t on t.metric = r.kpi and t.as_of = $as_of
    join preferred as p on p.cadence = r.cadence and p.period = t.period
),
bands as (
    select
        kpi, segment, period, coalesce(band, place) as standing, source,
        row_number() over (
            partition by kpi, segment, period order by case when band is null then 1 else 0 end, benchmark_period, kind, source
        ) as choice
    from kpis.standings
    where as_of = $as_of and dimension = '' and measured_by = kpi and coalesce(band, place) is not null
),
dated as (
    select
        c.*, f.owner, f.kind,
        cast(case c.cadence
            when 'daily' then $next_day when 'weekly' then $monday when 'monthly' then $month_first else $quarter_first
        end as date) as due_on
    from chosen as c
    join kpi_facts as f on f.kpi = c.kpi
    where c.choice = 1
)
select
    cast($as_of as date) as as_of, d.forum, d.cadence, d.due_on, d.due_on = cast($next_day as date) as due, d.kpi, d.segment,
    d.group_name, d.kind, d.owner, d.period, d.period_start, d.current, d.previous, d.trend as change, d.trend_unit as change_unit,
    d.within_interval, d.unit, d.direction, d.target, d.target_origin, d.distance_to_target, b.standing,
    b.source as standing_source, d.n, d.reason, d.trend_reason
from dated as d
left join bands as b on b.choice = 1 and b.kpi = d.kpi and b.segment = d.segment and b.period = d.period
order by d.forum, d.cadence, d.place, d.segment
