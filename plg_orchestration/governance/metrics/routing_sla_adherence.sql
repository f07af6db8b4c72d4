-- The share of leads that were contacted in time, over all teams, in the newest week with leads that were due.
with weeks as (
    select period_start, due, in_time, adherence, row_number() over (order by period_start desc, as_of desc) as recency
    from pql.sla_adherence
    where as_of <= $as_of and as_of > $month_date and period = 'week' and route = 'all' and due > 0
),
newest as (
    select max(adherence) as value, max(due) as due, max(in_time) as in_time, max(period_start) as period_start
    from weeks
    where recency = 1
)
select
    value,
    cast(in_time as double) as numerator,
    cast(due as double) as denominator,
    case
        when value is null then 'no lead was due to be contacted since ' || cast($month_date as varchar)
        else cast(in_time as varchar) || ' of ' || cast(due as varchar) || ' leads due in the week of '
            || cast(period_start as varchar) || ' were contacted in time'
    end as detail
from newest
