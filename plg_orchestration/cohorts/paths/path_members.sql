-- The users of mature signup days, and whether they activated in their first days and stayed.
select
    s.unit_id as user_id, s.signup_at,
    coalesce(
        a.activated_at < s.signup_at + cast($first_days as integer) * interval 1 day
        and v.last_active >= s.signup_date + cast($stay_day as integer), false
    ) as stayed
from signups as s
left join path_activations as a on a.user_id = s.unit_id
left join activity as v on v.unit = 'user' and v.unit_id = s.unit_id
where s.unit = 'user' and s.signup_date between $first_date and $last_date
