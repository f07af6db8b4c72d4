-- The devices and network addresses from which people signed up, invited or accepted an invitation, as received from the first
-- day to the as-of day. An address is kept as a hash: the rules compare addresses and need none of them.
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
        ) as device,
        coalesce(
            json_extract_string(e.properties, '$.ip'),
            json_extract_string(e.properties, '$.ip_address'),
            json_extract_string(e.properties, '$.ipAddress'),
            json_extract_string(e.properties, '$.client_ip'),
            json_extract_string(e.properties, '$.remote_ip')
        ) as address,
        e.event_at
    from ingest.events as e
    inner join telling as t on t.event = e.event
    where e.received_date >= $first and e.received_date <= $as_of and e.kind = 'track' and e.user_id is not null
),
marks as (
    select received_date, user_id, 'device' as kind, device as fingerprint, event_at from seen where device <> ''
    union all
    select received_date, user_id, 'address' as kind, md5(lower(address)) as fingerprint, event_at from seen where address <> ''
)
select received_date, user_id, kind, fingerprint, min(event_at) as first_at
from marks
group by received_date, user_id, kind, fingerprint
