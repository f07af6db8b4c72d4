-- The first night of each week that has a champion: it stands for the week. Only weeks whose figures are still shown.
select
    cast(date_trunc('week', as_of) as date) as week, min(as_of) as decided_on,
    min(as_of) <= $as_of - cast($window_days as integer) as mature
from pql.champion
where target = $target and as_of <= $as_of
    and as_of >= cast(date_trunc('week', $as_of - cast($window_days + 7 * $weeks as integer)) as date)
group by cast(date_trunc('week', as_of) as date)
