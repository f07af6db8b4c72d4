-- People who signed up in the last half year and whose first two weeks are over: what a read-out would say of each, had the signup been an
-- exposure.
with joined as (
    select
        user_id, account_id, signup_at, cast((signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date
    from known_users
    where signup_at >= $past_start and signup_at < $mature_start
),
activated as (
    select unit_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and role = 'activation' and unit = 'user'
    group by unit_id
),
stayed as (
    select distinct j.user_id
    from joined as j
    inner join behavior.user_days as d on d.user_id = j.user_id
    where d.received_date <= $as_of and d.qualifying_events > 0 and d.event_date > j.signup_date
        and date_diff('day', j.signup_date, d.event_date) between 7 and 13
)
select
    j.user_id as unit_id, j.account_id,
    cast(coalesce(a.activated_at < j.signup_at + interval 7 day, false) as double) as activation_rate,
    cast(s.user_id is not null as double) as retention
from joined as j
left join activated as a on a.unit_id = j.user_id
left join stayed as s on s.user_id = j.user_id
order by j.user_id
