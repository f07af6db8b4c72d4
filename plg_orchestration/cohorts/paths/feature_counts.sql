-- Per core feature and stratum: how many used it and had the outcome (converted in the past period, pay in the present one), or not.
with features as (
    select distinct coalesce(nullif(item, ''), event) as feature
    from config.event_roles
    where role = 'core_feature'
),
counted as (
    select
        period, unit, stratum, count(*) as units, count(*) filter (where outcome) as outcomes
    from feature_units
    group by period, unit, stratum
),
used as (
    select
        f.period, f.unit, f.stratum, u.feature, count(*) as used, count(*) filter (where f.outcome) as used_outcomes
    from feature_units as f
    inner join feature_use as u on u.period = f.period and u.unit = f.unit and u.unit_id = f.unit_id
    group by f.period, f.unit, f.stratum, u.feature
)
select
    f.feature, c.unit, c.period, c.stratum,
    coalesce(u.used_outcomes, 0) as used_with, coalesce(u.used, 0) - coalesce(u.used_outcomes, 0) as used_without,
    c.outcomes - coalesce(u.used_outcomes, 0) as unused_with,
    c.units - coalesce(u.used, 0) - c.outcomes + coalesce(u.used_outcomes, 0) as unused_without
from features as f
cross join counted as c
left join used as u on u.period = c.period and u.unit = c.unit and u.stratum = c.stratum and u.feature = f.feature
order by f.feature, c.unit, c.period, c.stratum
