-- On which local days each payer's outcome happened, as known on the as-of day.
select distinct payer_id, cast((happened_at at time zone 'UTC') at time zone $timezone as date) as happened_on
from outcomes
