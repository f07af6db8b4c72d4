-- The alerts of one night as they are told, the most severe first.
select
    alert_id, as_of, state, state_reason, state_since, severity, rule, kind, kpi, segment, period, period_start, value, unit,
    threshold, previous, expected_low, expected_high, n, owner, lagging_kpi, since, first_seen, evidence
from kpis.alerts
where as_of = $as_of
order by case severity when 'high' then 0 when 'warn' then 1 else 2 end, alert_id
