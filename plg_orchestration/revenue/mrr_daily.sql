-- MRR of every account that pays at the end of the day, per currency.
select
    $as_of as date, account_id, cast(sum(mrr) as decimal(18, 2)) as mrr, currency, cast(sum(seats) as bigint) as seats
from paid_periods
where ended_date is null or ended_date > $as_of
group by account_id, currency
