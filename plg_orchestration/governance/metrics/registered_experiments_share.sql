-- Share of the experiments with exposures in the window that stand in the register.
with seen as (
    select distinct experiment
    from known_exposures
    where exposed_at >= $exposure_start and exposed_at < $cut
),
judged as (
    select s.experiment, r.experiment is not null as registered
    from seen as s
    left join (select distinct experiment from config.experiments) as r on r.experiment = s.experiment
),
counted as (
    select
        count(*) as experiments,
        count(*) filter (where registered) as registered,
        string_agg(experiment, ', ' order by experiment) filter (where not registered) as missing
    from judged
)
select
    case when experiments > 0 then cast(registered as double) / experiments end as value,
    cast(registered as double) as numerator,
    cast(experiments as double) as denominator,
    case
        when experiments = 0 then 'nobody was exposed to an experiment since ' || cast(cast($exposure_start as date) as varchar)
        else cast(registered as varchar) || ' of ' || cast(experiments as varchar) || ' experiments with exposures since '
            || cast(cast($exposure_start as date) as varchar) || ' are registered' || coalesce('; not registered: ' || missing, '')
    end as detail
from counted
