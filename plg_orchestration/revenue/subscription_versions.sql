-- Every version of every subscription that was known by the as-of day, and the days on which it was the newest one known:
-- half-open, [known_from, known_to). Of several versions learnt on one day only the last has such a day.
select
    account_id, subscription_id, mrr, currency, seats, trial, started_at, ended_at,
    known_date as known_from,
    lead(known_date) over (partition by subscription_id order by known_at, file_id, line) as known_to
from ingest.subscriptions
where known_date <= $as_of
