-- Versions of users from a batch's events of the signup role.
select
    user_id,
    account_id,
    event_at as signup_at,
    country,
    region,
    locale as language,
    device,
    coalesce(
        json_extract_string(properties, '$.acquisition_channel'),
        json_extract_string(properties, '$.channel')
    ) as acquisition_channel,
    coalesce(
        json_extract_string(properties, '$.referred_by'),
        json_extract_string(properties, '$.referredBy')
    ) as referred_by,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'signup' as origin
from new_events
where user_id is not null and event in (select s.event from ingest.signup_events as s)
