-- When each account's recurring revenue grew, as known on the as-of day: the beginning of the local day of every expansion.
select
    account_id as payer_id,
    cast((cast(date as timestamp) at time zone $timezone) at time zone 'UTC' as timestamp) as happened_at
from mrr_movements
where movement = 'expansion'
