-- The users of mature signup days with the end of their window and when they activated in it.
with windows as (
    select
        unit_id as user_id, segment as stratum, signup_at, signup_at + cast($window_days as integer) * interval 1 day as ends_at
    from signups
    where unit = 'user' and signup_date >= $first_date
)
select w.user_id, w.stratum, w.signup_at, w.ends_at, case when a.activated_at < w.ends_at then a.activated_at end as activated_at
from windows as w
left join path_activations as a on a.user_id = w.user_id
where w.ends_at <= $cut
