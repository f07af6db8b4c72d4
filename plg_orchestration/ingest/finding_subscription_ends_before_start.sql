-- Subscriptions that end before they start.
select
    count(*) filter (where ended_at < started_at) as rows,
    count(*) as of_rows,
    min(subscription_id) filter (where ended_at < started_at) as example,
    '' as figures
from known_subscriptions
