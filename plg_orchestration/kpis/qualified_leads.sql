-- Users who first qualified as a lead in each period, when their account then first paid, and when sales opened an opportunity.
with paid as (
    select q.user_id, min(b.started_date) as paid_date
    from first_qualified as q
    left join kpi_units as s on s.unit = 'user' and s.unit_id = q.user_id
    join booked_periods as b
        on b.account_id = coalesce(q.account_id, s.account_id) and b.known_to > $as_of and b.started_date >= q.qualified_date
    group by q.user_id
),
opened as (
    select q.user_id, min(cast((o."at" at time zone 'UTC') at time zone $timezone as date)) as opportunity_date
    from first_qualified as q
    join known_crm_outcomes as o on o.user_id = q.user_id and o.outcome in ('opportunity', 'won')
    where coalesce(o.origin, 'pql') = 'pql' and o."at" < $cut
    group by q.user_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, q.user_id, q.qualified_date, f.paid_date,
    o.opportunity_date
from first_qualified as q
join kpi_periods as p on q.qualified_date >= p.period_start and q.qualified_date < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = q.user_id
left join paid as f on f.user_id = q.user_id
left join opened as o on o.user_id = q.user_id
