-- The quartiles of activation that most segments share: the middle of the published percentiles, as shares.
select
    cast(median(p25) as double) / 100 as p25,
    cast(median(p75) as double) / 100 as p75
from config.benchmarks
where kpi = 'activation_rate' and kind = 'percentile' and unit = 'percent' and p25 is not null and p75 is not null
