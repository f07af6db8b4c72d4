-- Subscriptions of accounts that the accounts source does not name, where there is such a source.
with named as (
    select distinct account_id from ingest.accounts where origin = 'source' and known_date <= $as_of
),
present as (
    select count(*) as accounts from named
),
compared as (
    select s.subscription_id, n.account_id is null as at_fault
    from known_subscriptions as s
    cross join present as p
    left join named as n on n.account_id = s.account_id
    where p.accounts > 0
)
select
    count(*) filter (where at_fault) as rows,
    count(*) as of_rows,
    min(subscription_id) filter (where at_fault) as example,
    '' as figures
from compared
