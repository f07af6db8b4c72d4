-- Booked periods as the newest version known at the as-of day says, as if that had always been known.
select
    account_id, subscription_id, mrr, currency, seats, started_date, ended_date, date '0001-01-01' as known_from,
    date '9999-12-31' as known_to, started_date as since, ended_date as until, started_at
from booked_versions
where known_to > $as_of
