-- MRR of every account that pays at the end of each day from $first_day to $as_of, per currency, as known that day.
with days as (
    select cast(instant as date) as date
    from (
        select unnest(generate_series(cast($first_day as timestamp), cast($as_of as timestamp), interval 1 day)) as instant
    ) as s
)
select
    d.date, p.account_id, cast(sum(p.mrr) as decimal(18, 2)) as mrr, p.currency, cast(sum(p.seats) as bigint) as seats
from days as d
join booked_periods as p on d.date >= p.since and d.date < p.until
group by d.date, p.account_id, p.currency
