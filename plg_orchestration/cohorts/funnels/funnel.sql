-- Each funnel's steps by group and week: units that reached them, rates and times of those whose window is over.
with steps as (
    select distinct
        line, funnel, unit, ordering, window_seconds, step, name, place, reason,
        max(place) over (partition by line) as places
    from funnel_plan
),
depths as (
    select
        m.line, m.cohort_week, g.dimension, g.dimension_value, m.depth, count(*) as units,
        count(*) filter (where m.best_attempt is null) as open_units
    from funnel_members as m
    inner join funnel_groups as g on g.who = m.who
    group by m.line, m.cohort_week, g.dimension, g.dimension_value, m.depth
),
cells as (
    select distinct line, cohort_week, dimension, dimension_value from depths
    union
    select distinct line, date '1900-01-01' as cohort_week, 'all' as dimension, 'all' as dimension_value
    from steps
    where $with_total
),
reached as (
    select
        d.line, d.cohort_week, d.dimension, d.dimension_value, s.place, sum(d.units) as entrants, sum(d.open_units) as immature,
        sum(case when d.depth < s.places then d.open_units else 0 end) as waiting
    from depths as d
    inner join steps as s on s.line = d.line and s.place <= d.depth
    group by d.line, d.cohort_week, d.dimension, d.dimension_value, s.place
),
timed as (
    select
        m.line, m.who, m.cohort_week, a.step as place,
        date_diff('millisecond', a.started_at, a.happened_at) / 1000.0 as from_first,
        date_diff('millisecond', a.previous_at, a.happened_at) / 1000.0 as from_previous
    from funnel_members as m
    inner join funnel_attempts as a on a.who = m.who and a.attempt = m.best_attempt
),
mature as (
    -- The first step takes no time, and to the second one it is as long from the first as from the previous.
    select
        t.line, t.cohort_week, g.dimension, g.dimension_value, t.place, count(*) as units,
        quantile_cont(t.from_first, [0.25, 0.5, 0.75]) filter (where t.place > 1) as first_quartiles,
        quantile_cont(t.from_previous, [0.25, 0.5, 0.75]) filter (where t.place > 2) as later_quartiles
    from timed as t
    inner join funnel_groups as g on g.who = t.who
    group by t.line, t.cohort_week, g.dimension, g.dimension_value, t.place
),
figures as (
    select
        s.funnel, s.unit, s.ordering, s.window_seconds, c.dimension, c.dimension_value, c.cohort_week, s.step,
        case
            when s.ordering = 'unordered' then cast(s.place as varchar) || ' of ' || cast(s.places as varchar) else s.name
        end as name,
        s.place,
        coalesce(r.entrants, 0) as entrants, coalesce(m.units, 0) as mature_entrants,
        first_value(coalesce(m.units, 0)) over (
            partition by c.line, c.cohort_week, c.dimension, c.dimension_value order by s.place
        ) as mature_first,
        lag(coalesce(m.units, 0)) over (
            partition by c.line, c.cohort_week, c.dimension, c.dimension_value order by s.place
        ) as mature_previous,
        m.first_quartiles[1] as from_first_p25, m.first_quartiles[2] as from_first_p50, m.first_quartiles[3] as from_first_p75,
        coalesce(m.later_quartiles[1], m.first_quartiles[1]) as from_previous_p25,
        coalesce(m.later_quartiles[2], m.first_quartiles[2]) as from_previous_p50,
        coalesce(m.later_quartiles[3], m.first_quartiles[3]) as from_previous_p75,
        coalesce(r.immature, 0) as immature, coalesce(r.waiting, 0) as waiting
    from cells as c
    inner join steps as s on s.line = c.line and s.place is not null
    left join reached as r
        on r.line = c.line and r.cohort_week = c.cohort_week and r.dimension = c.dimension
        and r.dimension_value = c.dimension_value and r.place = s.place
    left join mature as m
        on m.line = c.line and m.cohort_week = c.cohort_week and m.dimension = c.dimension
        and m.dimension_value = c.dimension_value and m.place = s.place
),
shares as (
    select
        *,
        case when place > 1 and mature_first > 0 then cast(mature_first as double) end as n_first,
        case when mature_previous > 0 then cast(mature_previous as double) end as n_previous
    from figures
)
select
    $as_of as as_of, funnel, unit, dimension, dimension_value, nullif(cohort_week, date '1900-01-01') as cohort_week, step, name,
    ordering, window_seconds / 86400.0 as window_days,
    cast(entrants as bigint) as entrants, cast(mature_entrants as bigint) as mature_entrants,
    cast(mature_entrants as double) / nullif(mature_first, 0) as rate_from_first,
    case when n_first > 0 then greatest(
        0.0, (mature_entrants + 1.920729410347062
        - 1.959963984540054 * sqrt(mature_entrants * (n_first - mature_entrants) / n_first + 0.960364705173531))
        / (n_first + 3.841458820694124)
    ) end as ci_low,
    case when n_first > 0 then least(
        1.0, (mature_entrants + 1.920729410347062
        + 1.959963984540054 * sqrt(mature_entrants * (n_first - mature_entrants) / n_first + 0.960364705173531))
        / (n_first + 3.841458820694124)
    ) end as ci_high,
    mature_entrants / n_previous as rate_from_previous,
    case when n_previous > 0 then greatest(
        0.0, (mature_entrants + 1.920729410347062
        - 1.959963984540054 * sqrt(mature_entrants * (n_previous - mature_entrants) / n_previous + 0.960364705173531))
        / (n_previous + 3.841458820694124)
    ) end as previous_ci_low,
    case when n_previous > 0 then least(
        1.0, (mature_entrants + 1.920729410347062
        + 1.959963984540054 * sqrt(mature_entrants * (n_previous - mature_entrants) / n_previous + 0.960364705173531))
        / (n_previous + 3.841458820694124)
    ) end as previous_ci_high,
    from_first_p25, from_first_p50, from_first_p75, from_previous_p25, from_previous_p50, from_previous_p75,
    cast(immature as bigint) as immature, cast(waiting as bigint) as waiting,
    cast(immature as double) / nullif(entrants, 0) as immature_share,
    cast(null as varchar) as reason
from shares
union all
select
    $as_of as as_of, funnel, unit, 'all' as dimension, 'all' as dimension_value, cast(null as date) as cohort_week, step, name,
    ordering, window_seconds / 86400.0 as window_days,
    cast(null as bigint) as entrants, cast(null as bigint) as mature_entrants, cast(null as double) as rate_from_first,
    cast(null as double) as ci_low, cast(null as double) as ci_high, cast(null as double) as rate_from_previous,
    cast(null as double) as previous_ci_low, cast(null as double) as previous_ci_high,
    cast(null as double) as from_first_p25, cast(null as double) as from_first_p50, cast(null as double) as from_first_p75,
    cast(null as double) as from_previous_p25, cast(null as double) as from_previous_p50,
    cast(null as double) as from_previous_p75,
    cast(null as bigint) as immature, cast(null as bigint) as waiting, cast(null as double) as immature_share, reason
from steps
where place is null
order by funnel, unit, dimension, dimension_value, cohort_week nulls first, step
