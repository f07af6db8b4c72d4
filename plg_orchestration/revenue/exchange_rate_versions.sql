-- Every version of every exchange rate that was known by the as-of day.
select currency, day, rate, known_date, known_at, file_id, line
from ingest.exchange_rates
where known_date <= $as_of
