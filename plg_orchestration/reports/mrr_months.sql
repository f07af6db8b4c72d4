-- The way from opening to closing MRR of each month and currency, as known on the as-of day, and who pays at its end.
select
    month, currency, cast(opening as double) as opening, cast(new as double) as new, cast(expansion as double) as expansion,
    cast(reactivation as double) as reactivation, cast(contraction as double) as contraction, cast(churn as double) as churn,
    cast(closing as double) as closing, closing_accounts as accounts, complete
from revenue.mrr_months
where as_of = $as_of
order by month, currency
