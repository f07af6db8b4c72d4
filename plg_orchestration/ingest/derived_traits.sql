-- Versions of users from the traits of a batch's identify calls; of an address only the domain is kept.
with told as (
    select
        *,
        coalesce(
            json_extract_string(properties, '$.createdAt'),
            json_extract_string(properties, '$.created_at')
        ) as created,
        coalesce(json_extract_string(properties, '$.email'), '') as email
    from new_events
    where kind = 'identify' and user_id is not null
)
select
    user_id,
    coalesce(
        account_id,
        json_extract_string(properties, '$.account_id'),
        json_extract_string(properties, '$.company.id')
    ) as account_id,
    case
        when regexp_matches(created, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:?[0-9]{2})$')
            then cast(try_cast(created as timestamptz) at time zone 'UTC' as timestamp)
    end as signup_at,
    coalesce(json_extract_string(properties, '$.role'), json_extract_string(properties, '$.title')) as role,
    coalesce(
        json_extract_string(properties, '$.email_domain'),
        nullif(lower(split_part(email, '@', 2)), '')
    ) as email_domain,
    coalesce(
        json_extract_string(properties, '$.country'),
        json_extract_string(properties, '$.address.country'),
        country
    ) as country,
    coalesce(
        json_extract_string(properties, '$.region'),
        json_extract_string(properties, '$.address.state'),
        region
    ) as region,
    coalesce(json_extract_string(properties, '$.language'), locale) as language,
    coalesce(json_extract_string(properties, '$.device'), device) as device,
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
    'identify' as origin
from told
