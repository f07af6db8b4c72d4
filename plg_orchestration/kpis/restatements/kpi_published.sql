-- What earlier snapshots said about the periods of tonight's history: one row for each run of snapshots that said the same.
-- Values of open windows are left out: that such a value moves as windows close is no restatement. Equal means within $tolerance,
-- relative to the value, absolute below 1.
with stated as (
    select
        s.as_of, s.kpi, s.period, s.period_start, s.segment, s.value, s.ci_low, s.ci_high, s.unit, s.definition_hash,
        lag(s.as_of) over (partition by s.kpi, s.period, s.period_start, s.segment order by s.as_of) as earlier,
        lag(s.value) over (partition by s.kpi, s.period, s.period_start, s.segment order by s.as_of) as earlier_value,
        lag(s.definition_hash) over (partition by s.kpi, s.period, s.period_start, s.segment order by s.as_of) as earlier_hash
    from kpis.snapshot as s
    join (
        select distinct period, period_start from kpis.history where as_of = $as_of
    ) as h on h.period = s.period and h.period_start = s.period_start
    where
        s.as_of >= $oldest and s.as_of < $as_of and s.dimension = ''
        and (s.mature_share = 1 or (s.mature_share is null and s.n = 0))
),
begun as (
    select
        *,
        case
            when earlier is null or earlier_hash <> definition_hash or (earlier_value is null) <> (value is null) then 1
            when abs(value - earlier_value) > $tolerance * greatest(1.0, abs(value)) then 1
            else 0
        end as begins
    from stated
),
numbered as (
    select
        *,
        sum(begins) over (
            partition by kpi, period, period_start, segment order by as_of rows between unbounded preceding and current row
        ) as run
    from begun
)
select
    kpi, period, period_start, segment, run, min(as_of) as published_on, max(as_of) as published_until,
    min(value) as value, min(ci_low) as ci_low, max(ci_high) as ci_high, min(unit) as unit,
    min(definition_hash) as definition_hash,
    max(max(as_of)) over (partition by kpi, period, period_start, segment) as newest
from numbered
group by kpi, period, period_start, segment, run
