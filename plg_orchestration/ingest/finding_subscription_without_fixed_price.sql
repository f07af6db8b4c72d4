-- Subscriptions without a price of their own: metered or tiered usage, or a price that nobody handed in. They add nothing to MRR.
select
    count(*) filter (where mrr is null) as rows,
    count(*) as of_rows,
    min(subscription_id) filter (where mrr is null) as example,
    '' as figures
from known_subscriptions
