-- The masks of active_units as rows: who was active in which period. `line` tells unit and period (see retention.sql).
with ages as (
    select unnest(range(0, greatest($day_cohorts, $week_cohorts, $month_cohorts))) as age
)
select case u.unit when 'user' then 0 else 3 end as line, 3 * u.number as who, cast($day_number - a.age as integer) as number
from active_units as u
inner join ages as a on (u.days >> cast(a.age as integer)) & 1 = 1
union all
select
    case u.unit when 'user' then 1 else 4 end as line,
    3 * u.number + 1 as who,
    cast($day_number // 7 - a.age as integer) as number
from active_units as u
inner join ages as a on (u.weeks >> cast(a.age as integer)) & 1 = 1
union all
select
    case u.unit when 'user' then 2 else 5 end as line,
    3 * u.number + 2 as who,
    cast($month_number - a.age as integer) as number
from active_units as u
inner join ages as a on (u.months >> cast(a.age as integer)) & 1 = 1
