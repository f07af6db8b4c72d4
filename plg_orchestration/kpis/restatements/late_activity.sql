-- Activity that was received later than the day on which it happened, since the earliest value that differs was published: events
-- by received day, event day and segment. Nothing is read when no value differs.
select
    d.received_date, d.event_date, coalesce(a.segment, 'unknown') as segment, sum(d.events) as events
from behavior.user_days as d
left join known_users as u on u.user_id = d.user_id
left join known_accounts as a on a.account_id = coalesce(d.account_id, u.account_id)
where
    d.received_date > (select min(published_until) from kpi_differences where not redefined)
    and d.received_date <= $as_of and d.event_date < d.received_date
group by d.received_date, d.event_date, coalesce(a.segment, 'unknown')
