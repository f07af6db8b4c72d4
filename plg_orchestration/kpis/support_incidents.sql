-- Tickets opened in each period, and days on which a user viewed help and no ticket followed on that day or the next.
-- `escalated`: the ticket follows such help. A ticket that names no user follows every help view of its account.
with opened as (
    select
        ticket_id, user_id, account_id,
        cast((opened_at at time zone 'UTC') at time zone $timezone as date) as incident_date
    from known_tickets as t
    left join excluded as x on x.unit = 'user' and x.unit_id = t.user_id
    left join excluded as y on y.unit = 'account' and y.unit_id = t.account_id
    where t.opened_at < $cut and x.unit_id is null and y.unit_id is null
),
helped as (
    select user_id, account_id, event_date as incident_date
    from help_days
    where user_id is not null
),
followed as (
    select h.user_id, h.incident_date
    from helped as h
    join opened as o on o.user_id = h.user_id and o.incident_date between h.incident_date and h.incident_date + 1
    union
    select h.user_id, h.incident_date
    from helped as h
    join opened as o
        on o.user_id is null and o.account_id = h.account_id
        and o.incident_date between h.incident_date and h.incident_date + 1
),
vain as (
    select o.ticket_id
    from opened as o
    join helped as h on h.user_id = o.user_id and o.incident_date between h.incident_date and h.incident_date + 1
    union
    select o.ticket_id
    from opened as o
    join helped as h on h.account_id = o.account_id and o.incident_date between h.incident_date and h.incident_date + 1
    where o.user_id is null
),
incidents as (
    select o.user_id, o.account_id, o.incident_date, false as self_resolved, v.ticket_id is not null as escalated
    from opened as o
    left join vain as v on v.ticket_id = o.ticket_id
    union all
    select h.user_id, h.account_id, h.incident_date, true as self_resolved, false as escalated
    from helped as h
    left join followed as f on f.user_id = h.user_id and f.incident_date = h.incident_date
    where f.user_id is null
)
select
    p.period, p.period_start, coalesce(a.segment, s.segment) as segment, s.channel, s.region, s.device, s.plan, i.user_id,
    i.incident_date, i.self_resolved, i.escalated
from incidents as i
join kpi_periods as p on p.period <> 'day' and i.incident_date >= p.period_start and i.incident_date < p.period_end
left join known_accounts as a on a.account_id = i.account_id
left join kpi_units as s on s.unit = 'user' and s.unit_id = i.user_id
