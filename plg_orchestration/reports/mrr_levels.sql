-- MRR and paying accounts at the end of each month before the as-of day and on that day, by currency.
select date, currency, cast(sum(mrr) as double) as mrr, count(distinct account_id) as accounts
from revenue.mrr_daily
where (date = last_day(date) or date = $as_of) and date <= $as_of and mrr > 0
group by date, currency
order by date, currency
