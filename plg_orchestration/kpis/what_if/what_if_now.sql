-- What all accounts together pay at the end of the day, and in how many currencies.
select
    cast(coalesce(sum(mrr), 0) as double) as mrr, count(distinct currency) as currencies,
    coalesce(min(currency), $currency) as currency
from booked_periods
where known_to > $as_of and started_date <= $as_of and ended_date > $as_of
