-- Subscriptions as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by subscription_id order by known_at desc, file_id desc, line desc) as version
    from ingest.subscriptions
    where known_date <= $as_of
)
select
    subscription_id,
    account_id,
    plan,
    seats,
    mrr,
    price,
    currency,
    started_at,
    ended_at,
    trial,
    billing_period,
    per_seat,
    known_at
from versions
where version = 1
