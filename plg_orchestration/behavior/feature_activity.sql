-- The days on which each account, and each user without one, used each core feature, from what was received from $first_day on:
-- bit n of `days` stands for n days before $as_of. Days that were received earlier and lay in the future until now come due.
with received as (
    select event_date, account_id, user_id, feature
    from behavior.user_features
    where received_date between $first_day and $as_of and event_date between $as_of - 62 and $as_of
    union all
    select event_date, account_id, user_id, feature
    from behavior.user_features
    where received_date < $first_day and event_date between $first_day and $as_of
),
used as (
    select
        case when account_id is null then 'user' else 'account' end as unit, coalesce(account_id, user_id) as unit_id, feature,
        cast(1 as bigint) << cast(date_diff('day', event_date, $as_of) as integer) as bit
    from received
)
select $as_of as as_of, unit, unit_id, feature, bit_or(bit) as days
from used
group by unit, unit_id, feature
