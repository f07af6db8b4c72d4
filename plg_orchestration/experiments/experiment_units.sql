-- Who is in which arm of a running registered experiment, by first exposure; units seen in several arms are left out.
with running as (
    select distinct experiment, unit, arm, control
    from config.experiments
    where split > 0 and starts <= $as_of and (ends is null or ends >= $as_of)
),
exposed as (
    select experiment, unit_id, min(arm) as arm, count(distinct arm) as arms, min(exposed_at) as exposed_at
    from known_exposures
    where exposed_at < $cut
    group by experiment, unit_id
)
select
    r.experiment, r.unit, e.unit_id, r.arm, r.control, e.exposed_at,
    cast((e.exposed_at at time zone 'UTC') at time zone $timezone as date) as exposed_on
from exposed as e
inner join running as r on r.experiment = e.experiment and r.arm = e.arm
where e.arms = 1
