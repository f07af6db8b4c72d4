-- Signups and seven-day activation by signup week, as known on the as-of day.
select
    cohort_week,
    cast(sum(signups) as bigint) as signups,
    cast(sum(activated_7d) as bigint) as activated_7d,
    cast(sum(mature_7d) as bigint) as mature_7d
from cohorts.signup_cohorts
where as_of = $as_of and unit = 'user'
group by cohort_week
order by cohort_week
