-- Opening + movements - closing of every account on the as-of day: what was paid the day before as known now, the stored
-- movements, and the stored closing MRR.
with figures as (
    select account_id, currency, mrr as opening, 0 as moved, 0 as closing
    from booked_periods
    where started_date < $as_of and ended_date >= $as_of and known_from <= $as_of and known_to > $as_of
    union all
    select account_id, currency, 0 as opening, amount as moved, 0 as closing
    from revenue.mrr_movements
    where date = $as_of
    union all
    select account_id, currency, 0 as opening, 0 as moved, mrr as closing
    from revenue.mrr_daily
    where date = $as_of
)
select
    account_id, currency, sum(opening) as opening, sum(moved) as moved, sum(closing) as closing,
    sum(opening) + sum(moved) - sum(closing) as difference
from figures
group by account_id, currency
order by account_id, currency
