-- The stretches of local days on which a subscription is paid for, as known: half-open, [started_date, ended_date).
-- Trials, prices of zero and subscriptions that end on the day they start are never paid for.
with dated as (
    select
        account_id, subscription_id, cast(mrr as decimal(18, 2)) as mrr, coalesce(currency, 'USD') as currency, seats,
        cast((started_at at time zone 'UTC') at time zone $timezone as date) as started_date,
        cast((ended_at at time zone 'UTC') at time zone $timezone as date) as ended_date
    from known_subscriptions
    where account_id is not null and mrr > 0 and not coalesce(trial, false)
)
select account_id, subscription_id, mrr, currency, seats, started_date, ended_date
from dated
where started_date <= $as_of and (ended_date is null or ended_date > started_date)
