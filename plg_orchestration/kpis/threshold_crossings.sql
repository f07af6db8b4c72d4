-- Users whose activation score reached the threshold in the newest complete periods, by the scores stored for the as-of day;
-- these know users up to 30 days after signup.
with reached as (
    select
        user_id, hours_to_threshold,
        cast((reached_at at time zone 'UTC') at time zone $timezone as date) as reached_date
    from cohorts.activation_scores
    left join excluded as x on x.unit = 'user' and x.unit_id = user_id
    where as_of = $as_of and reached_at is not null and x.unit_id is null
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, r.user_id, r.hours_to_threshold
from reached as r
join kpi_periods as p on p.back = 0 and r.reached_date >= p.period_start and r.reached_date < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = r.user_id
