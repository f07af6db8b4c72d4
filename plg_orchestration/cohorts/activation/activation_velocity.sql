-- By signup week: how many hours pass from signup to the threshold. The median by Kaplan-Meier counts those who are still waiting
-- for as long as they were watched; the median of those who reached it stands beside it, with their share.
with watched as (
    select
        cast(date_trunc('week', u.signup_date) as date) as cohort_week,
        c.reached_at is not null as reached,
        date_diff('second', u.signup_at, coalesce(
            c.reached_at, least($cut, u.signup_at + (cast($window_days as integer) + 1) * interval 1 day)
        )) / 3600.0 as hours,
        u.signup_date + cast($window_days as integer) <= $as_of as mature
    from score_users as u
    left join score_crossings as c on c.user_id = u.user_id
    where u.signup_date between $first_date and $last_date
),
at_times as (
    select cohort_week, hours, count(*) as users, count(*) filter (where reached) as reached
    from watched
    group by cohort_week, hours
),
at_risk as (
    select *, sum(users) over (partition by cohort_week order by hours desc) as waiting from at_times
),
survival as (
    select
        cohort_week, hours,
        case
            when max(case when reached = waiting then 1 else 0 end) over (partition by cohort_week order by hours) = 1 then 0.0
            else exp(sum(ln(case when reached = waiting then 1.0 else 1.0 - reached / cast(waiting as double) end)) over (
                partition by cohort_week order by hours
            ))
        end as still_under
    from at_risk
),
medians as (
    select cohort_week, min(hours) as median_hours from survival where still_under <= 0.5 + 1e-9 group by cohort_week
),
counted as (
    select
        cohort_week, count(*) as users, count(*) filter (where reached) as reached,
        median(case when reached then hours end) as median_hours_of_reached,
        count(*) filter (where mature) as mature, count(*) filter (where mature and reached) as mature_reached
    from watched
    group by cohort_week
)
select
    $as_of as as_of, c.cohort_week, c.users, c.reached, c.mature, c.mature_reached,
    c.mature_reached / cast(nullif(c.mature, 0) as double) as share_reached,
    m.median_hours, c.median_hours_of_reached
from counted as c
left join medians as m on m.cohort_week = c.cohort_week
