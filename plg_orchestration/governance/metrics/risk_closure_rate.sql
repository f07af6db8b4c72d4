-- Of the risk actions that fell due within a year, the share that was closed by its due date.
with due as (
    select due_at, closed_at
    from known_governance_records
    where kind = 'risk_action' and due_at < $cut
        and cast((due_at at time zone 'UTC') at time zone $timezone as date) > $year_date
),
counted as (
    select
        count(*) as actions,
        count(*) filter (where closed_at <= due_at) as in_time,
        count(*) filter (where closed_at is null or closed_at >= $cut) as unclosed
    from due
)
select
    case when actions > 0 then cast(in_time as double) / actions end as value,
    cast(in_time as double) as numerator,
    cast(actions as double) as denominator,
    case
        when actions = 0 then 'no governance record of kind risk_action fell due since ' || cast($year_date as varchar)
        else cast(in_time as varchar) || ' of ' || cast(actions as varchar) || ' risk actions that fell due since '
            || cast($year_date as varchar) || ' were closed by their due date; ' || cast(unclosed as varchar) || ' are still open'
    end as detail
from counted
