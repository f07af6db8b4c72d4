-- Subscriptions that start on a day before their account signed up.
with compared as (
    select s.subscription_id, cast(s.started_at as date) < cast(a.signup_at as date) as at_fault
    from known_subscriptions as s
    inner join known_accounts as a on a.account_id = s.account_id
)
select
    count(*) filter (where at_fault) as rows,
    count(*) as of_rows,
    min(subscription_id) filter (where at_fault) as example,
    '' as figures
from compared
