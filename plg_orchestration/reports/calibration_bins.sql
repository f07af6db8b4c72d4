-- The newest candidate model's predictions on unseen rows in ten bins of equal count: predicted against observed share.
with newest as (
    select score, label, dense_rank() over (order by as_of desc) as recency
    from pql.test_predictions
    where as_of <= $as_of and scorer = 'model'
),
binned as (
    select score, label, ntile(10) over (order by score, label) as bin from newest where recency = 1
)
select
    bin,
    avg(score) as predicted,
    cast(count(*) filter (where label) as double) / count(*) as observed,
    count(*) as n
from binned
group by bin
order by bin
