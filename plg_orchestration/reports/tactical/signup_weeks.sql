-- Signups by week: activated within 24 hours and 7 days, paying within 30 days, each of those whose window is over.
select
    cohort_week,
    cast(sum(signups) as bigint) as signups,
    cast(sum(activated_24h) as bigint) as activated_24h,
    cast(sum(mature_24h) as bigint) as mature_24h,
    cast(sum(activated_7d) as bigint) as activated_7d,
    cast(sum(mature_7d) as bigint) as mature_7d,
    cast(sum(paid_30d) as bigint) as paid_30d,
    cast(sum(mature_30d) as bigint) as mature_30d
from cohorts.signup_cohorts
where as_of = $as_of and unit = 'user'
group by cohort_week
order by cohort_week desc
