-- Which accounts, and users without one, used which core feature in the window of use before conversion, and in the newest one.
with uses as (
    select
        case when event_date <= $used_to then 'past' else 'now' end as period, event_date,
        case when account_id is null then 'user' else 'account' end as unit, coalesce(account_id, user_id) as unit_id, feature
    from behavior.user_features
    where received_date between $used_from - 1 and $as_of and event_date between $used_from and $as_of
)
select distinct period, unit, unit_id, feature
from uses
where period = 'past' or event_date > $as_of - cast($usage_days as integer)
