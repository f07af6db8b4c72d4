-- Every exposure to a watched experiment, as known on the day: also those of units that saw several arms, or an arm without weight.
with watched as (
    select distinct experiment
    from config.experiments
    where starts <= $as_of and (ends is null or ends >= $watch_date)
)
select e.experiment, e.unit_id, e.arm, e.exposed_at
from ingest.exposures as e
inner join watched as w on w.experiment = e.experiment
where e.known_date <= $as_of and e.exposed_at < $cut
