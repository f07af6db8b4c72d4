-- The months of the as-of day that do not add up: opening + movements is not closing, or the running month's closing is not the
-- stored MRR of the day.
with days as (
    select currency, sum(mrr) as mrr
    from revenue.mrr_daily
    where date = $as_of
    group by currency
),
months as (
    select
        month, currency, closing, opening + new + expansion + contraction + churn + reactivation as reached,
        month = cast(date_trunc('month', cast($as_of as date)) as date) as running
    from revenue.mrr_months
    where as_of = $as_of
)
select coalesce(m.month, cast(date_trunc('month', cast($as_of as date)) as date)) as month,
    coalesce(m.currency, d.currency) as currency, m.reached, m.closing, d.mrr as stored
from months as m
full outer join days as d on d.currency = m.currency and m.running
where coalesce(m.reached <> m.closing, true) or (m.running and coalesce(d.mrr, 0) <> m.closing)
order by month, currency
