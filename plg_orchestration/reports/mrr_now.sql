-- MRR and paying accounts by currency at the end of the as-of day.
select currency, cast(sum(mrr) as double) as mrr, count(distinct account_id) as accounts
from revenue.mrr_daily
where date = $as_of and mrr > 0
group by currency
order by mrr desc, currency
