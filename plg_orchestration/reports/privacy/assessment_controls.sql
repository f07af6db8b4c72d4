-- The controls of privacy over the year: on how many nights each had which status, and its newest figure.
select
    control_id, any_value(question) as question, count(*) as nights,
    count(*) filter (where status = 'effective') as effective,
    count(*) filter (where status = 'degraded') as degraded,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'no_data') as no_data,
    max_by(status, as_of) as newest_status,
    max_by(evidence, as_of) as newest_evidence
from governance.controls
where risk_id = $risk and as_of > $year_start and as_of <= $as_of
group by control_id
order by control_id
