-- Versions of users from a batch's group calls: who belongs to which account.
select
    user_id,
    account_id,
    cast(null as timestamp) as signup_at,
    cast(null as varchar) as role,
    cast(null as varchar) as email_domain,
    cast(null as varchar) as country,
    cast(null as varchar) as region,
    cast(null as varchar) as language,
    cast(null as varchar) as device,
    cast(null as varchar) as acquisition_channel,
    cast(null as varchar) as referred_by,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'group' as origin
from new_events
where kind = 'group' and user_id is not null and account_id is not null
