-- Paid periods with their price in the reporting currency, at one rate for the whole of a version's life: the newest rate of the
-- day on which the price starts or of the $rate_days before, as known when the version became known; where none was known then,
-- the first that became known afterwards. A rate that moves later changes no price, so it makes no movement.
-- Until a rate is known the period stays in its own currency.
with abroad as (
    select subscription_id, known_from, currency, started_date
    from paid_periods
    where currency <> $currency
),
offered as (
    select
        a.subscription_id, a.known_from, r.rate, r.known_date,
        row_number() over (
            partition by a.subscription_id, a.known_from
            order by
                greatest(r.known_date, a.known_from), r.day desc, r.known_at desc, r.file_id desc, r.line desc
        ) as place
    from abroad as a
    join exchange_rate_versions as r
        on r.currency = a.currency and r.day <= a.started_date and r.day > a.started_date - $rate_days
    where r.rate > 0
),
booked as (
    select
        p.account_id, p.subscription_id, p.mrr, p.currency, p.seats, p.started_date, p.ended_date, p.known_from, p.known_to,
        p.started_at, o.rate,
        case when o.rate is null then p.known_to else least(p.known_to, greatest(p.known_from, o.known_date)) end as rated_from
    from paid_periods as p
    left join offered as o on o.place = 1 and o.subscription_id = p.subscription_id and o.known_from = p.known_from
),
stretches as (
    select
        account_id, subscription_id, mrr, currency, seats, started_date, ended_date, known_from,
        case when currency = $currency then known_to else rated_from end as known_to, started_at
    from booked
    union all
    select
        account_id, subscription_id, cast(round(mrr * cast(rate as decimal(18, 8)), 2) as decimal(18, 2)) as mrr,
        $currency as currency, seats, started_date, ended_date, rated_from as known_from, known_to, started_at
    from booked
    where currency <> $currency and rate is not null
)
select
    account_id, subscription_id, mrr, currency, seats, started_date, ended_date, known_from, known_to,
    greatest(started_date, known_from) as since, least(ended_date, known_to) as until, started_at
from stretches
where known_to > known_from and mrr > 0
