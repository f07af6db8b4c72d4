-- By signup week: the score at the end of days 1, 2, 3, 7, 14 and 30, of the users whose day is over.
with weeks as (
    select cast(date_trunc('week', signup_date) as date) as cohort_week, user_id
    from score_users
    where signup_date between $first_date and $last_date
),
sizes as (
    select cohort_week, count(*) as users from weeks group by cohort_week
),
ages as (
    select age_days from (values (1), (2), (3), (7), (14), (30)) as kept (age_days) where age_days <= $window_days
),
scored as (
    select
        w.cohort_week, p.age_days, count(*) as mature, median(p.score) as median_score,
        count(*) filter (where p.score >= $threshold) as over_threshold, count(p.score) as scored
    from score_ends as p
    inner join weeks as w on w.user_id = p.user_id
    group by w.cohort_week, p.age_days
),
counted as (
    select
        z.cohort_week, a.age_days, z.users, coalesce(s.mature, 0) as mature, s.median_score,
        case when s.scored > 0 then s.over_threshold end as over_threshold,
        cast(nullif(s.scored, 0) as double) as n
    from sizes as z
    cross join ages as a
    left join scored as s on s.cohort_week = z.cohort_week and s.age_days = a.age_days
),
shares as (
    select *, over_threshold / n as share_over_threshold from counted
)
select
    $as_of as as_of, cohort_week, age_days, users, mature, median_score, over_threshold, share_over_threshold,
    case when n > 0 then greatest(0.0, (
        share_over_threshold + 3.841459 / (2 * n)
        - 1.959964 * sqrt(share_over_threshold * (1 - share_over_threshold) / n + 3.841459 / (4 * n * n))
    ) / (1 + 3.841459 / n)) end as ci_low,
    case when n > 0 then least(1.0, (
        share_over_threshold + 3.841459 / (2 * n)
        + 1.959964 * sqrt(share_over_threshold * (1 - share_over_threshold) / n + 3.841459 / (4 * n * n))
    ) / (1 + 3.841459 / n)) end as ci_high,
    cast($threshold as double) as threshold
from shares
