-- The median time to an event by Kaplan and Meier, who count those still waiting: the first time by which half have had it. Its
-- interval is that of Brookmeyer and Crowley, with log-log bounds of Greenwood's error; null if not reached. A billionth is for rounding.
-- `sample_groups` has a row for each unit in each of its groups: cell and code name the group in whatever way its stage does, `value`
-- is the time until the event, or so far, and `happened` says which; null stands for samples that wait for nothing.
with moments as (
    select cell, code, value, count(*) as units, count(*) filter (where happened) as happened
    from sample_groups
    where happened is not null
    group by cell, code, value
),
risks as (
    select
        cell, code, value, happened,
        sum(units) over (
            partition by cell, code order by value rows between current row and unbounded following
        ) as at_risk
    from moments
),
curves as (
    select
        cell, code, value, happened, at_risk,
        sum(case when happened < at_risk then ln(1 - cast(happened as double) / at_risk) else -30 end) over (
            partition by cell, code order by value rows between unbounded preceding and current row
        ) as log_survival,
        sum(case when happened < at_risk then happened / (cast(at_risk as double) * (at_risk - happened)) end) over (
            partition by cell, code order by value rows between unbounded preceding and current row
        ) as variance
    from risks
    where happened > 0
),
tested as (
    select
        cell, code, value, log_survival,
        case
            when happened < at_risk and log_survival < 0 and variance > 0
                then (ln(-log_survival) - ln(ln(2))) * -log_survival / sqrt(variance)
        end as distance
    from curves
),
sizes as (
    select cell, code, sum(units) as n
    from moments
    group by cell, code
)
select
    s.cell, s.code, cast(s.n as bigint) as n, min(case when t.log_survival <= -ln(2) + 1e-9 then t.value end) as median,
    min(case when t.distance >= -1.959963984540054 then t.value end) as ci_low,
    min(case when t.distance > 1.959963984540054 then t.value end) as ci_high
from sizes as s
left join tested as t on t.cell = s.cell and t.code = s.code
group by s.cell, s.code, s.n
