-- By age in days: how many core events retained users had by the end of that day (their median), from signups whose retention is
-- known; with too few of them, the declared number a day.
with ages as (
    select unnest(generate_series(0, cast($window_days as integer))) as age_days
),
mature as (
    select unit_id as user_id, signup_date
    from signups
    where unit = 'user' and signup_date between $reference_first and $reference_last
),
days as (
    select
        m.user_id, date_diff('day', m.signup_date, d.event_date) as age_days,
        sum(d.core_events) as core_events, sum(d.qualifying_events) as qualifying_events
    from mature as m
    inner join behavior.user_days as d on d.user_id = m.user_id
    where
        d.received_date <= $as_of and d.event_date <= $as_of and d.event_date >= $reference_first
        and d.event_date >= m.signup_date
    group by m.user_id, m.signup_date, d.event_date
),
retained as (
    select user_id
    from days
    where age_days >= $retained_day and age_days < $retained_day + $retained_days and qualifying_events > 0
    group by user_id
),
reached as (
    select r.user_id, a.age_days, coalesce(sum(d.core_events), 0) as core_events
    from retained as r
    cross join ages as a
    left join days as d on d.user_id = r.user_id and d.age_days <= a.age_days
    group by r.user_id, a.age_days
),
medians as (
    select age_days, median(core_events) as core_events, count(*) as users from reached group by age_days
)
select
    a.age_days,
    greatest(
        case when m.users >= $minimum then m.core_events else (a.age_days + 1) * cast($core_per_day as double) end, 1.0
    ) as core_level,
    coalesce(m.users, 0) as level_users,
    case when m.users >= $minimum then 'retained users' else 'declared' end as level_source
from ages as a
left join medians as m on m.age_days = a.age_days
