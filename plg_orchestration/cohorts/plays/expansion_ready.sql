-- Accounts of the segment high_touch; those with the most active users come first.
select
    cast($play as varchar) as play, unit_id, account_id, champion_user_id as contact_id,
    coalesce(active_users, 0) / cast(1 + coalesce(active_users, 0) as double) as strength,
    cast(null as varchar) as judgment,
    replace(replace(replace(cast($why as varchar),
        '{active_users}', coalesce(cast(active_users as varchar), 'unknown')),
        '{account_value}', coalesce(cast(round(account_value, 2) as varchar), 'unknown')),
        '{segment_reason}', coalesce(reason, 'unknown')) as reason,
    concat(
        '{"active_users": ', coalesce(cast(active_users as varchar), 'null'),
        ', "account_value": ', coalesce(cast(round(account_value, 2) as varchar), 'null'),
        ', "segment_reason": "', replace(replace(coalesce(reason, ''), '\', '\\'), '"', '\"'), '"}'
    ) as evidence
from cohorts.segments
where as_of = $as_of and unit = 'account' and segment = 'high_touch'
