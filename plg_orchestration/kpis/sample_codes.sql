-- The segments and the values of dimensions that samples have, numbered from 1; 0 is everybody.
with items as (
    select distinct 'segment' as dimension, coalesce(segment, 'unknown') as item from kpi_samples
    union all
    select distinct 'channel' as dimension, coalesce(channel, 'unknown') as item from kpi_samples
    union all
    select distinct 'region' as dimension, coalesce(region, 'unknown') as item from kpi_samples
    union all
    select distinct 'device' as dimension, coalesce(device, 'unknown') as item from kpi_samples
    union all
    select distinct 'plan' as dimension, coalesce(plan, 'unknown') as item from kpi_samples
)
select row_number() over (order by dimension, item) as code, dimension, item
from items
