-- The incidents of the quarter, each as the last night on which it was listed left it.
select
    incident_id, control_id, risk_id, severity, owner, metric, value, threshold, evidence, opened_on, opened_at, status,
    control_status, acknowledged_by, acknowledged_at, acknowledgement, response_hours, response, closed_on, resolution,
    escalation, as_of as known_on
from (
    select i.*, row_number() over (partition by incident_id order by as_of desc) as recency
    from governance.incidents as i
    where as_of between $first and $last
) as ranked
where recency = 1 and (closed_on is null or closed_on >= $first)
order by opened_on, incident_id
