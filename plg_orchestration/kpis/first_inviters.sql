-- Users who sent their first invite in the newest complete periods, and how many days after signup.
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, f.user_id as inviter_id,
    greatest(date_diff('second', s.signup_at, f.sent_at), 0) / 86400.0 as days_to_invite
from first_invites as f
join kpi_units as s on s.unit = 'user' and s.unit_id = f.user_id
join kpi_periods as p
    on p.in_history and p.period <> 'day' and cast((f.sent_at at time zone 'UTC') at time zone $timezone as date) >= p.period_start
    and cast((f.sent_at at time zone 'UTC') at time zone $timezone as date) < p.period_end
