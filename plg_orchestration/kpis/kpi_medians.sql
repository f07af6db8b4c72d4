-- The median of each group of samples with its 95 % interval: of times that are all over the exact one between two order
-- statistics, of times that some still wait through that of Kaplan and Meier (sample_waits.sql).
-- The number of values under the median is binomial (n, 1/2), whatever their distribution: the interval's lower end is the
-- l-th smallest value with the largest l for which P(number <= l - 1) <= 2.5 %, its upper end the l-th largest. Five roots of n
-- under the middle the probabilities are nothing; factorials are running sums of logarithms. Groups of less than six values have
-- no such interval.
with sizes as (
    select cell, code, count(*) as n
    from sample_groups
    where happened is null
    group by cell, code
),
numbers as (
    select cast(unnest(range(0, (select coalesce(max(n), 0) + 1 from sizes))) as bigint) as number
),
factorials as (
    select number, sum(ln(greatest(number, 1))) over (order by number rows between unbounded preceding and current row) as log_factorial
    from numbers
),
chances as (
    select s.n, k.number, exp(w.log_factorial - k.log_factorial - r.log_factorial - s.n * ln(2)) as probability
    from (select distinct n from sizes) as s
    join factorials as k on k.number between s.n // 2 - 5 * sqrt(s.n) and s.n // 2
    join factorials as w on w.number = s.n
    join factorials as r on r.number = s.n - k.number
),
cumulated as (
    select
        n, number, sum(probability) over (partition by n order by number rows between unbounded preceding and current row) as at_most
    from chances
),
ends as (
    select n, 1 + max(number) as low
    from cumulated
    where at_most <= 0.025
    group by n
),
ranked as (
    select cell, code, value, row_number() over (partition by cell, code order by value) as place
    from sample_groups
    where happened is null
),
found as (
    select
        r.cell, r.code, max(s.n) as n, avg(case when r.place between (s.n + 1) // 2 and (s.n + 2) // 2 then r.value end) as median,
        max(case when r.place = e.low then r.value end) as ci_low,
        max(case when r.place = s.n + 1 - e.low then r.value end) as ci_high
    from ranked as r
    join sizes as s on s.cell = r.cell and s.code = r.code
    left join ends as e on e.n = s.n
    where r.place between (s.n + 1) // 2 and (s.n + 2) // 2 or r.place in (e.low, s.n + 1 - e.low)
    group by r.cell, r.code
    union all
    select cell, code, n, median, ci_low, ci_high from sample_waits
)
select
    c.kpi, c.period, c.period_start, case when i.dimension = 'segment' then i.item else 'all' end as segment,
    case when i.dimension <> 'segment' then i.dimension else '' end as dimension,
    case when i.dimension <> 'segment' then i.item else '' end as dimension_value, f.n, f.median, f.ci_low, f.ci_high
from found as f
join sample_cells as c on c.cell = f.cell
left join sample_codes as i on i.code = f.code
