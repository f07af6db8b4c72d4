-- Exchange rates by currency and day as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by currency, day order by known_at desc, file_id desc, line desc) as version
    from ingest.exchange_rates
    where known_date <= $as_of
)
select
    currency,
    day,
    rate,
    known_at
from versions
where version = 1
