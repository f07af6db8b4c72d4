-- Versions of users from a batch's group calls: who belongs to which account.
select
    user_id,
    account_id,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'group' as origin
from new_events
where kind = 'group' and user_id is not null and account_id is not null
