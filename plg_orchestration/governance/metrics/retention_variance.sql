-- Week-2 retention of each arm against its control, for watched experiments; judged is the upper end of the always-valid interval.
-- Interval: asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2021), valid at every daily look.
with active as (
    select distinct 'user' as unit, user_id as unit_id, event_date
    from behavior.user_days
    where received_date <= $as_of and qualifying_events > 0 and user_id is not null
    union all
    select distinct 'account' as unit, account_id as unit_id, event_date
    from behavior.user_days
    where received_date <= $as_of and qualifying_events > 0 and account_id is not null
),
mature as (
    select experiment, unit, unit_id, arm, control, exposed_on
    from experiment_units
    where date_diff('day', exposed_on, cast($as_of as date)) >= 13
),
stayed as (
    select m.experiment, m.unit_id, m.arm, m.control, count(a.event_date) > 0 as kept
    from mature as m
    left join active as a
        on a.unit = m.unit and a.unit_id = m.unit_id
        and a.event_date > m.exposed_on
        and date_diff('day', m.exposed_on, a.event_date) between 7 and 13
    group by m.experiment, m.unit_id, m.arm, m.control
),
arms as (
    select
        experiment, arm, control,
        count(*) as units,
        count(*) filter (where kept) as retained,
        cast(count(*) filter (where kept) as double) / count(*) as rate
    from stayed
    group by experiment, arm, control
    having count(*) >= $retention_minimum_units
),
contrasts as (
    select
        t.experiment, t.arm, t.units, t.retained,
        t.rate - c.rate as delta,
        sqrt(t.rate * (1 - t.rate) / t.units + c.rate * (1 - c.rate) / c.units)
        * sqrt(
            2 * ((t.units + c.units) * $retention_rho2 + 1) / ((t.units + c.units) * $retention_rho2)
            * ln(sqrt((t.units + c.units) * $retention_rho2 + 1) / $retention_alpha)
        ) as halfwidth
    from arms as t
    inner join arms as c on c.experiment = t.experiment and c.control
    where not t.control
)
select
    arg_min(delta, delta + halfwidth) as value,
    cast(arg_min(retained, delta + halfwidth) as double) as numerator,
    cast(arg_min(units, delta + halfwidth) as double) as denominator,
    min(delta + halfwidth) as judged,
    coalesce(
        string_agg(
            experiment || '/' || arm || ': ' || cast(round(100 * delta, 1) as varchar) || ' points, always-valid interval '
            || cast(round(100 * (delta - halfwidth), 1) as varchar) || ' to '
            || cast(round(100 * (delta + halfwidth), 1) as varchar), '; ' order by experiment, arm
        ),
        'no watched experiment has ' || cast($retention_minimum_units as varchar)
        || ' units in an arm and its control that were exposed 14 days ago or earlier'
    ) as detail
from contrasts
