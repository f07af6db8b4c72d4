-- MRR gained and lost by month, currency and kind of movement, up to the as-of day.
select
    cast(date_trunc('month', date) as date) as month,
    movement,
    currency,
    cast(sum(amount) as double) as amount,
    count(distinct account_id) as accounts
from revenue.mrr_movements
where date <= $as_of
group by cast(date_trunc('month', date) as date), movement, currency
order by month, currency, movement
