-- The stretches of local days on which a subscription is paid for: half-open, [started_date, ended_date), as each version of it
-- says; [since, until) are the days of it on which that version was the newest one known.
-- Trials, prices of zero and subscriptions that end on the day they start are never paid for.
with dated as (
    select
        account_id, subscription_id, cast(mrr as decimal(18, 2)) as mrr, coalesce(currency, 'USD') as currency, seats,
        started_at, known_from, coalesce(known_to, date '9999-12-31') as known_to,
        cast((started_at at time zone 'UTC') at time zone $timezone as date) as started_date,
        coalesce(cast((ended_at at time zone 'UTC') at time zone $timezone as date), date '9999-12-31') as ended_date
    from subscription_versions
    where account_id is not null and mrr > 0 and not coalesce(trial, false)
)
select
    account_id, subscription_id, mrr, currency, seats, started_date, ended_date, known_from, known_to,
    greatest(started_date, known_from) as since, least(ended_date, known_to) as until, started_at
from dated
where started_date <= $as_of and ended_date > started_date and known_to > known_from
