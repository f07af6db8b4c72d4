-- Accounts flagged as churned that still pay, and unflagged ones whose subscriptions have all ended.
with paying as (
    select account_id, bool_or(ended_at is null or ended_at >= $cut) as running
    from known_subscriptions
    where started_at < $cut
    group by account_id
),
compared as (
    select a.account_id, a.churned, p.running
    from known_accounts as a
    inner join paying as p on p.account_id = a.account_id
    where a.churned is not null
)
select
    count(*) filter (where churned = running) as rows,
    count(*) as of_rows,
    min(account_id) filter (where churned = running) as example,
    concat(
        cast(count(*) filter (where churned and running) as varchar), ' flagged but paying, ',
        cast(count(*) filter (where not churned and not running) as varchar), ' ended but not flagged'
    ) as figures
from compared
