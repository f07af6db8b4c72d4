-- The incidents of the quarter as the last night that lists each left it; those closed before the quarter are left out.
select
    incident_id, control_id, risk_id, severity, owner, metric, value, threshold, evidence, opened_on, opened_at, status,
    acknowledged_at, response_hours, response, closed_on, resolution, age_hours, escalation, as_of as known_on
from (
    select i.*, row_number() over (partition by incident_id order by as_of desc) as recency
    from governance.incidents as i
    where as_of between $first and $last
) as ranked
where recency = 1 and (closed_on is null or closed_on >= $first)
order by case status when 'open' then 0 when 'acknowledged' then 1 else 2 end, opened_on desc, incident_id
