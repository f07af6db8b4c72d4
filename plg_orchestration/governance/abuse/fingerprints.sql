-- The devices from which people signed up, invited or accepted an invitation, as received from the first day to the as-of day.
with telling as (
    select distinct event from config.event_roles where role in ('signup', 'invite_sent', 'invite_accepted')
),
seen as (
    select
        e.received_date,
        e.user_id,
        coalesce(
            json_extract_string(e.properties, '$.fingerprint'),
            json_extract_string(e.properties, '$.device_fingerprint'),
            json_extract_string(e.properties, '$.device_id'),
            json_extract_string(e.properties, '$.deviceId')
        ) as fingerprint,
        e.event_at
    from ingest.events as e
    inner join telling as t on t.event = e.event
    where e.received_date >= $first and e.received_date <= $as_of and e.kind = 'track' and e.user_id is not null
)
select received_date, user_id, fingerprint, min(event_at) as first_at
from seen
where fingerprint is not null and fingerprint <> ''
group by received_date, user_id, fingerprint
