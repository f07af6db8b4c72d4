-- Users whom sales first reported on as a marketing-qualified lead in each period, and when their account then first paid.
with told as (
    select o.user_id, min(cast((o."at" at time zone 'UTC') at time zone $timezone as date)) as qualified_date
    from known_crm_outcomes as o
    left join excluded as x on x.unit = 'user' and x.unit_id = o.user_id
    where o.origin = 'mql' and o."at" < $cut and o.user_id is not null and x.unit_id is null
    group by o.user_id
),
paid as (
    select t.user_id, min(b.started_date) as paid_date
    from told as t
    join kpi_units as s on s.unit = 'user' and s.unit_id = t.user_id
    join booked_periods as b on b.account_id = s.account_id and b.known_to > $as_of and b.started_date >= t.qualified_date
    group by t.user_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, t.user_id, t.qualified_date, f.paid_date
from told as t
join kpi_periods as p on t.qualified_date >= p.period_start and t.qualified_date < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = t.user_id
left join paid as f on f.user_id = t.user_id
