-- The alerts that stand on the as-of day, the gravest first.
select *
from kpis.alerts
where as_of = $as_of
order by
    case state when 'open' then 0 when 'acknowledged' then 1 when 'snoozed' then 2 when 'held' then 3 when 'suppressed' then 4 else 5 end,
    case severity when 'high' then 0 when 'warn' then 1 else 2 end,
    alert_id
