-- How often a batch's events name a subscription in their properties, by day of use.
with named as (
    select
        received_date,
        json_extract_string(properties, '$.subscription_id') as subscription_id,
        cast(event_at as date) as used_on,
        file_id
    from new_events
    where contains(properties, '"subscription_id":"')
)
select received_date, subscription_id, used_on, count(*) as uses, file_id
from named
where subscription_id is not null
group by received_date, subscription_id, used_on, file_id
