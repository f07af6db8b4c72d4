-- Usage of a subscription on a day after the subscription has ended.
with uses as (
    select u.subscription_id, u.used_on, u.uses, coalesce(u.used_on > cast(s.ended_at as date), false) as at_fault
    from ingest.subscription_uses as u
    inner join known_subscriptions as s on s.subscription_id = u.subscription_id
    where u.received_date <= $as_of
)
select
    cast(coalesce(sum(uses) filter (where at_fault), 0) as bigint) as rows,
    cast(coalesce(sum(uses), 0) as bigint) as of_rows,
    min(concat(subscription_id, ' used on ', cast(used_on as varchar))) filter (where at_fault) as example,
    '' as figures
from uses
