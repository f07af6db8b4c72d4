-- How many users of the last 90 days' signups needed how long from signup to activation, and how many are still waiting.
with first_times as (
    select
        unit_id,
        min(case when role = 'signup' then first_at end) as signup_at,
        min(case when role = 'activation' then first_at end) as activated_at
    from behavior.milestones
    where received_date <= $as_of and unit = 'user' and role in ('signup', 'activation')
    group by unit_id
),
waited as (
    select case when activated_at is not null then greatest(date_diff('second', signup_at, activated_at), 0) / 3600.0 end as hours
    from first_times
    where signup_at >= cast($as_of as date) - interval 90 day
)
select
    case
        when hours is null then 99 when hours < 0.25 then 0 when hours < 1 then 1 when hours < 4 then 2 when hours < 12 then 3
        when hours < 24 then 4 when hours < 48 then 5 when hours < 72 then 6 when hours < 168 then 7 when hours < 336 then 8
        when hours < 720 then 9 else 10
    end as bin,
    count(*) as users
from waited
group by 1
order by bin
