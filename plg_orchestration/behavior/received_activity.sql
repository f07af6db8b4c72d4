-- The activity of the received days as it came, read from the lake once for everything that is made of it.
select
    received_date,
    cast((event_at at time zone 'UTC') at time zone $timezone as date) as event_date,
    user_id, anonymous_id, account_id, event, event_at, session_id
from ingest.events
where received_date between $first_day and $as_of and kind in ('track', 'page', 'screen')
