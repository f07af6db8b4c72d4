-- The median days from signup to the first invite by Kaplan and Meier, who count those still waiting: the first day by which half
-- have invited. Its interval is that of Brookmeyer and Crowley, with log-log bounds of Greenwood's error; null if not reached.
with samples as (
    select
        'all' as cohort_by, 'all' as cohort, coalesce(days_to_invite, days_known) as days,
        days_to_invite is not null as invited
    from viral_units
    union all
    select
        'signup_month', strftime(signup_month, '%Y-%m'), coalesce(days_to_invite, days_known), days_to_invite is not null
    from viral_units
),
moments as (
    select cohort_by, cohort, days, count(*) as units, count(*) filter (where invited) as invited
    from samples
    group by cohort_by, cohort, days
),
risks as (
    select
        cohort_by, cohort, days, invited,
        sum(units) over (
            partition by cohort_by, cohort order by days rows between current row and unbounded following
        ) as at_risk
    from moments
),
curves as (
    select
        cohort_by, cohort, days, invited, at_risk,
        sum(case when invited < at_risk then ln(1 - cast(invited as double) / at_risk) else -30 end) over (
            partition by cohort_by, cohort order by days rows between unbounded preceding and current row
        ) as log_survival,
        sum(case when invited < at_risk then cast(invited as double) / (at_risk * (at_risk - invited)) end) over (
            partition by cohort_by, cohort order by days rows between unbounded preceding and current row
        ) as variance
    from risks
),
tested as (
    select
        cohort_by, cohort, days, log_survival,
        case
            when invited < at_risk and log_survival < 0 and variance > 0
                then (ln(-log_survival) - ln(ln(2))) * -log_survival / sqrt(variance)
        end as distance
    from curves
)
select
    cohort_by, cohort, min(case when log_survival <= -ln(2) + 1e-9 then days end) as median,
    min(case when distance >= -1.959963984540054 then days end) as ci_low,
    min(case when distance > 1.959963984540054 then days end) as ci_high
from tested
group by cohort_by, cohort
