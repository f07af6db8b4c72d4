-- The plan that each account pays for at the end of the as-of day: that of its newest paid subscription.
with running as (
    select
        account_id, plan,
        row_number() over (partition by account_id order by started_at desc, subscription_id desc) as place
    from known_subscriptions
    where
        account_id is not null and plan is not null and mrr > 0 and not coalesce(trial, false)
        and started_at < $cut and (ended_at is null or ended_at >= $cut)
)
select account_id, plan
from running
where place = 1
