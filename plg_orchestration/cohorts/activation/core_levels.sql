-- By age in days: how many core events retained users had by the end of that day (their median), from signups whose retention is
-- known; with too few of them, the declared number a day. The median is read off how many users stand at which number: a day of
-- use takes a user from one number to the next, and nothing else moves anybody.
with ages as (
    select unnest(generate_series(0, cast($window_days as integer))) as age_days
),
days as (
    select d.user_id, d.age_days, cast(d.core_events as bigint) as core_events
    from score_days as d
    inner join score_returned as r on r.user_id = d.user_id
    where d.signup_date between $reference_first and $reference_last
),
counted as (
    select count(distinct user_id) as users from days
),
running as (
    select age_days, core_events, sum(core_events) over (partition by user_id order by age_days) as reached
    from days
    where age_days <= $window_days and core_events > 0
),
moves as (
    select age_days, cast(reached as bigint) as core_events, 1 as users from running
    union all
    select age_days, cast(reached - core_events as bigint) as core_events, -1 as users from running
    union all
    select 0 as age_days, cast(0 as bigint) as core_events, users from counted
),
changed as (
    select age_days, core_events, sum(users) as users from moves group by age_days, core_events
),
standing as (
    select a.age_days, c.core_events, sum(c.users) as users
    from ages as a
    inner join changed as c on c.age_days <= a.age_days
    group by a.age_days, c.core_events
),
ranked as (
    select
        age_days, core_events, sum(users) over (partition by age_days order by core_events) as up_to,
        sum(users) over (partition by age_days) as users
    from standing
    where users > 0
),
medians as (
    select
        age_days, max(users) as users,
        (
            min(case when 2 * up_to >= users then core_events end) + min(case when 2 * up_to > users then core_events end)
        ) / cast(2 as double) as core_events
    from ranked
    group by age_days
)
select
    a.age_days,
    greatest(
        case when m.users >= $minimum then m.core_events else (a.age_days + 1) * cast($core_per_day as double) end, 1.0
    ) as core_level,
    cast(coalesce(m.users, 0) as bigint) as level_users,
    case when m.users >= $minimum then 'retained users' else 'declared' end as level_source
from ages as a
left join medians as m on m.age_days = a.age_days
