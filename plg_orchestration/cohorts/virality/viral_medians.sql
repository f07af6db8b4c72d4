-- The median days from signup to the first invite, over the members who invited in their first days, with its exact interval
-- between two order statistics: the number of values under the median is binomial (n, 1/2) whatever their distribution.
-- Factorials are running sums of logarithms; less than six values have no such interval.
with samples as (
    select 'all' as cohort_by, 'all' as cohort, days_to_invite as days from viral_units where settled and invited_soon
    union all
    select 'signup_month', strftime(signup_month, '%Y-%m'), days_to_invite from viral_units where settled and invited_soon
),
ranked as (
    select
        cohort_by, cohort, days, row_number() over (partition by cohort_by, cohort order by days) as place,
        count(*) over (partition by cohort_by, cohort) as n
    from samples
),
weighted as (
    select
        cohort_by, cohort, place, n,
        exp(
            sum(ln(n - place + 1) - ln(place)) over (
                partition by cohort_by, cohort order by place rows between unbounded preceding and current row
            ) - n * ln(2)
        ) as probability
    from ranked
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
)
select
    r.cohort_by, r.cohort, max(r.n) as n,
    avg(case when r.place between (r.n + 1) // 2 and (r.n + 2) // 2 then r.days end) as median,
    max(case when r.place = e.low then r.days end) as ci_low,
    max(case when r.place = r.n + 1 - e.low then r.days end) as ci_high
from ranked as r
inner join ends as e on e.cohort_by = r.cohort_by and e.cohort = r.cohort
group by r.cohort_by, r.cohort
