-- Use of each core feature that became known on each received day, per event date, user and account.
with core as (
    select event, min(coalesce(nullif(item, ''), event)) as feature
    from config.event_roles
    where role = 'core_feature'
    group by event
)
select e.received_date, e.event_date, e.user_id, e.account_id, c.feature, count(*) as events
from resolved_events as e
inner join core as c on c.event = e.event
group by e.received_date, e.event_date, e.user_id, e.account_id, c.feature
