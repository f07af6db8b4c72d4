-- The published values that differ from what is known tonight: one row for each run of snapshots that said the same.
with compared as (
    select
        *,
        lag(as_of) over (partition by kpi, period, period_start, segment, redefined order by as_of) as earlier,
        lag(value) over (partition by kpi, period, period_start, segment, redefined order by as_of) as earlier_value
    from kpi_published
),
begun as (
    select
        *,
        case
            when earlier is null or (earlier_value is null) <> (value is null) then 1
            when abs(value - earlier_value) > $tolerance * greatest(1.0, abs(value)) then 1
            else 0
        end as begins
    from compared
),
numbered as (
    select
        *,
        sum(begins) over (
            partition by kpi, period, period_start, segment, redefined order by as_of
            rows between unbounded preceding and current row
        ) as run
    from begun
)
select
    kpi, period, period_start, period_end, segment, min(as_of) as published_on, max(as_of) as published_until,
    min(value) as published_value, min(ci_low) as ci_low, max(ci_high) as ci_high, min(value_now) as value_now,
    min(unit) as unit, redefined
from numbered
group by kpi, period, period_start, period_end, segment, redefined, run
