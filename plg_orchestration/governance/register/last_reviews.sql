-- The newest review of each risk that is known: governance records of kind risk_review, the risk's id as their subject.
select
    upper(trim(subject)) as risk_id,
    max(cast(("at" at time zone 'UTC') at time zone $timezone as date)) as reviewed_at
from known_governance_records
where kind = 'risk_review' and subject is not null and "at" < $cut
group by upper(trim(subject))
order by risk_id
