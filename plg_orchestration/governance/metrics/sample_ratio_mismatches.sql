-- Watched experiments whose units are split otherwise than planned: chi-square over the arms beyond its 0.001 quantile.
with counts as (
    select a.experiment, a.arm, a.split, coalesce(n.units, 0) as units
    from (
        select distinct experiment, arm, split
        from config.experiments
        where split > 0 and starts <= $as_of and (ends is null or ends >= $watch_date)
    ) as a
    left join (
        select experiment, arm, count(*) as units from experiment_units group by experiment, arm
    ) as n on n.experiment = a.experiment and n.arm = a.arm
),
totals as (
    select experiment, sum(units) as units, sum(split) as split, count(*) - 1 as freedom
    from counts
    group by experiment
    having sum(units) > 0
),
squares as (
    select
        c.experiment, t.freedom, t.units,
        sum(power(c.units - t.units * c.split / t.split, 2) / (t.units * c.split / t.split)) as chi_square
    from counts as c
    inner join totals as t on t.experiment = c.experiment
    group by c.experiment, t.freedom, t.units
),
judged as (
    select s.experiment, s.units, s.chi_square, s.chi_square > q.quantile as mismatch
    from squares as s
    inner join (
        values
        (1, 10.828), (2, 13.816), (3, 16.266), (4, 18.467), (5, 20.515), (6, 22.458), (7, 24.322), (8, 26.124), (9, 27.877)
    ) as q (freedom, quantile) on q.freedom = s.freedom
)
select
    case when count(*) > 0 then cast(count(*) filter (where mismatch) as double) end as value,
    cast(count(*) filter (where mismatch) as double) as numerator,
    cast(count(*) as double) as denominator,
    coalesce(
        string_agg(
            experiment || ': chi-square ' || cast(round(chi_square, 2) as varchar) || ' over ' || cast(cast(units as bigint) as varchar)
            || ' units' || case when mismatch then ' (p < 0.001)' else '' end, '; ' order by experiment
        ),
        'no registered experiment that is watched has exposures'
    ) as detail
from judged
