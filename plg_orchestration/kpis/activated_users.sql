-- Users who first reached the activation milestone in each period, at most $longest_wait days after signup, and when they first
-- qualified as a lead.
with reached as (
    select
        s.segment, s.channel, s.region, s.device, s.plan, s.unit_id as user_id,
        cast((a.activated_at at time zone 'UTC') at time zone $timezone as date) as activated_date,
        greatest(date_diff('second', s.signup_at, a.activated_at), 0) / 86400.0 as days_to_value
    from first_activations as a
    join kpi_units as s on s.unit = 'user' and s.unit_id = a.user_id
)
select
    p.period, p.period_start, r.segment, r.channel, r.region, r.device, r.plan, r.user_id, r.activated_date, r.days_to_value,
    q.qualified_date
from reached as r
join kpi_periods as p on p.period <> 'day' and r.activated_date >= p.period_start and r.activated_date < p.period_end
left join first_qualified as q on q.user_id = r.user_id
where r.days_to_value <= $longest_wait
