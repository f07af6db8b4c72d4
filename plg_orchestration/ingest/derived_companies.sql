-- Versions of accounts from the traits of a batch's group calls.
select
    account_id,
    json_extract_string(properties, '$.name') as name,
    json_extract_string(properties, '$.industry') as industry,
    try_cast(json_extract_string(properties, '$.employees') as bigint) as employees,
    json_extract_string(properties, '$.segment') as segment,
    coalesce(
        json_extract_string(properties, '$.country'),
        json_extract_string(properties, '$.address.country')
    ) as country,
    coalesce(json_extract_string(properties, '$.region'), json_extract_string(properties, '$.address.state')) as region,
    json_extract_string(properties, '$.residency_region') as residency_region,
    coalesce(
        json_extract_string(properties, '$.acquisition_channel'),
        json_extract_string(properties, '$.channel')
    ) as acquisition_channel,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'group' as origin
from new_events
where kind = 'group' and account_id is not null
