-- Answers to satisfaction surveys given in the newest complete periods.
with answered as (
    select kind, user_id, score, cast((answered_at at time zone 'UTC') at time zone $timezone as date) as answered_date
    from known_surveys
    left join excluded as x on x.unit = 'user' and x.unit_id = user_id
    where answered_at < $cut and x.unit_id is null
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, r.user_id, lower(r.kind) as kind, r.score
from answered as r
join kpi_periods as p on p.in_history and p.period <> 'day' and r.answered_date >= p.period_start and r.answered_date < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = r.user_id
