-- Every control on the pack's day, the worst first, with the days of the quarter on which it stood how.
with quarter as (
    select
        control_id, count(*) as days, count(*) filter (where status = 'failed') as days_failed,
        count(*) filter (where status = 'degraded') as days_degraded, count(*) filter (where status = 'no_data') as days_no_data
    from governance.controls
    where as_of between $first and $last
    group by control_id
)
select
    c.control_id, c.risk_id, c.question, c.metric, c.unit, c.value, c.judged, c.threshold, c.alert, c.status, c.evidence,
    c.severity, c.mandatory, c.owner, c.failed_since, q.days, q.days_failed, q.days_degraded, q.days_no_data
from governance.controls as c
inner join quarter as q on c.control_id = q.control_id
where c.as_of = $last
order by case c.status when 'failed' then 0 when 'degraded' then 1 when 'no_data' then 2 else 3 end, c.control_id
