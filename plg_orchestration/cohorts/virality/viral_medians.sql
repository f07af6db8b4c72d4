-- The median days from signup to the first invite, over the members who invited in their first days, with its interval between
-- two order statistics: the number of values under the median is binomial (n, 1/2) whatever their distribution, so the lower end
-- is the l-th smallest value with the largest l for which P(number <= l - 1) <= 2.5 %, the upper end the l-th largest.
-- Up to 1000 values l is exact, by running sums of logarithms of factorials; above, it is normal, which differs by one at most.
with samples as (
    select 'all' as cohort_by, 'all' as cohort, days_to_invite as days from viral_units where settled and invited_soon
    union all
    select 'signup_month', strftime(signup_month, '%Y-%m'), days_to_invite from viral_units where settled and invited_soon
),
ranked as (
    select
        cohort_by, cohort, days, row_number() over (partition by cohort_by, cohort order by days) as place
    from samples
),
sizes as (
    select cohort_by, cohort, count(*) as n from samples group by cohort_by, cohort
),
places as (
    select cast(unnest(generate_series(1, 1000)) as integer) as place
),
weighted as (
    select
        s.cohort_by, s.cohort, s.n, p.place,
        exp(
            sum(ln(s.n - p.place + 1) - ln(p.place)) over (
                partition by s.cohort_by, s.cohort order by p.place rows between unbounded preceding and current row
            ) - s.n * ln(2)
        ) as probability
    from sizes as s
    inner join places as p on p.place <= s.n
    where s.n <= 1000
),
cumulated as (
    select
        cohort_by, cohort, n, exp(-n * ln(2)) + sum(probability) over (
            partition by cohort_by, cohort order by place rows between unbounded preceding and current row
        ) as at_most
    from weighted
),
ends as (
    select
        cohort_by, cohort,
        case when max(exp(-n * ln(2))) <= 0.025 then 1 + count(*) filter (where at_most <= 0.025) end as low
    from cumulated
    group by cohort_by, cohort
),
chosen as (
    select
        s.cohort_by, s.cohort, s.n,
        case when s.n <= 1000 then e.low else cast(floor((s.n + 1 - 1.959963984540054 * sqrt(s.n)) / 2) as bigint) end as low
    from sizes as s
    left join ends as e on e.cohort_by = s.cohort_by and e.cohort = s.cohort
)
select
    r.cohort_by, r.cohort, max(c.n) as n,
    avg(case when r.place between (c.n + 1) // 2 and (c.n + 2) // 2 then r.days end) as median,
    max(case when r.place = c.low then r.days end) as ci_low,
    max(case when r.place = c.n + 1 - c.low then r.days end) as ci_high
from ranked as r
inner join chosen as c on c.cohort_by = r.cohort_by and c.cohort = r.cohort
group by r.cohort_by, r.cohort
