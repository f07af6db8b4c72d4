-- Accounts whose churn flag says one thing and the recorded churns another.
with recorded as (
    select distinct subject as account_id
    from known_governance_records
    where kind = 'churn' and subject is not null
),
present as (
    select count(*) as records from recorded
),
compared as (
    select a.account_id, a.churned, r.account_id is not null as recorded
    from known_accounts as a
    cross join present as p
    left join recorded as r on r.account_id = a.account_id
    where a.churned is not null and p.records > 0
)
select
    count(*) filter (where churned != recorded) as rows,
    count(*) as of_rows,
    min(account_id) filter (where churned != recorded) as example,
    concat(
        cast(count(*) filter (where churned) as varchar), ' flagged, ',
        cast(count(*) filter (where recorded) as varchar), ' with a recorded churn'
    ) as figures
from compared
