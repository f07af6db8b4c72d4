-- A plain table of exchange rates; it states no versions, so every rate has always been known.
select
    currency, day, rate, date '0001-01-01' as known_date, cast(null as timestamp) as known_at, '' as file_id,
    cast(0 as bigint) as line
from exchange_rate_rows
