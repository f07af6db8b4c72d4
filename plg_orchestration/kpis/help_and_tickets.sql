-- Help views by user and day, and tickets opened, in each period; each row is one or the other.
with opened as (
    select
        ticket_id, user_id, account_id, opened_at, case when closed_at < $cut then closed_at end as closed_at,
        cast((opened_at at time zone 'UTC') at time zone $timezone as date) as incident_date
    from known_tickets as t
    left join excluded as x on x.unit = 'user' and x.unit_id = t.user_id
    left join excluded as y on y.unit = 'account' and y.unit_id = t.account_id
    where t.opened_at < $cut and x.unit_id is null and y.unit_id is null
),
rows_of as (
    select user_id, account_id, incident_date, opened_at, closed_at, 0 as attempts, 1 as tickets
    from opened
    union all
    select
        user_id, account_id, event_date as incident_date, cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at, help_views as attempts, 0 as tickets
    from help_days
)
select
    p.period, p.period_start, coalesce(a.segment, s.segment) as segment, s.channel, s.region, s.device, s.plan, r.user_id,
    r.incident_date, r.opened_at, r.closed_at, r.attempts, r.tickets
from rows_of as r
join kpi_periods as p on p.period <> 'day' and r.incident_date >= p.period_start and r.incident_date < p.period_end
left join known_accounts as a on a.account_id = r.account_id
left join kpi_units as s on s.unit = 'user' and s.unit_id = r.user_id
