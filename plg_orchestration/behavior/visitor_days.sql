-- Activity of nobody known by name that became known on each received day, per event date and anonymous id.
select
    received_date, event_date, anonymous_id,
    count(*) as events,
    min(event_at) as first_at,
    max(event_at) as last_at
from received_activity
where user_id is null and anonymous_id is not null
group by received_date, event_date, anonymous_id
