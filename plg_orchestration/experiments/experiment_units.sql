-- Who is in which arm of a watched experiment, by first exposure; units that saw several arms are left out.
with watched as (
    select distinct experiment, unit, arm, control
    from config.experiments
    where split > 0 and starts <= $as_of and (ends is null or ends >= $watch_date)
),
exposed as (
    select experiment, unit_id, min(arm) as arm, count(distinct arm) as arms, min(exposed_at) as exposed_at
    from ingest.exposures
    where known_date <= $as_of and exposed_at < $cut
    group by experiment, unit_id
)
select
    w.experiment, w.unit, e.unit_id, w.arm, w.control, e.exposed_at,
    cast((e.exposed_at at time zone 'UTC') at time zone $timezone as date) as exposed_on
from exposed as e
inner join watched as w on w.experiment = e.experiment and w.arm = e.arm
where e.arms = 1
