-- Users who first reached the activation milestone in the newest complete periods, at most $longest_wait days after signup.
with reached as (
    select
        s.segment, s.unit_id as user_id,
        cast((a.activated_at at time zone 'UTC') at time zone $timezone as date) as activated_date,
        greatest(date_diff('second', s.signup_at, a.activated_at), 0) / 86400.0 as days_to_value
    from first_activations as a
    join signups as s on s.unit = 'user' and s.unit_id = a.user_id
)
select p.period, p.period_start, r.segment, r.user_id, r.days_to_value
from reached as r
join kpi_periods as p on p.back = 0 and r.activated_date >= p.period_start and r.activated_date < p.period_end
where r.days_to_value <= $longest_wait
