-- The versions of subscriptions that the states of billed items make. Each stretch of time in which an item pays for one price
-- and quantity is a subscription: the first bears the item's id, later ones `id~2`, `id~3` ..., its trial `id~trial`. The first
-- starts when Stripe says; what changes later takes effect when it becomes known, which ends one stretch and begins the next.
-- Everything else (an end, an account, a price that was not there yet) corrects the stretch that it belongs to.
with compared as (
    select
        *,
        lag(paying) over (partition by item_id order by known_at) as paid_before,
        lag(price_id) over (partition by item_id order by known_at) as price_before,
        lag(quantity) over (partition by item_id order by known_at) as quantity_before
    from derived_billed_states
),
numbered as (
    select
        *,
        sum(
            case
                when paid_before is not null and paid_before = paying and price_before = price_id and quantity_before = quantity
                    then 0
                else 1
            end
        ) over (partition by item_id order by known_at rows between unbounded preceding and current row) as stretch
    from compared
),
spans as (
    select
        item_id, stretch, min(known_at) as first_known, max(known_at) as last_known, bool_or(paying) as paying,
        bool_and(waiting) as waiting
    from numbered
    group by item_id, stretch
),
ordered as (
    select
        item_id, stretch, first_known, last_known, paying,
        lead(first_known) over (partition by item_id order by stretch) as next_known,
        sum(case when paying then 1 else 0 end) over (
            partition by item_id order by stretch rows between unbounded preceding and current row
        ) as place,
        coalesce(sum(case when waiting then 0 else 1 end) over (
            partition by item_id order by stretch rows between unbounded preceding and 1 preceding
        ), 0) as earlier
    from spans
),
paid as (
    select
        n.item_id, case when o.place = 1 then n.item_id else concat(n.item_id, '~', cast(o.place as varchar)) end as subscription_id,
        n.known_at, n.file_id, n.line, n.account_id, n.plan, n.seats, n.mrr, n.price, n.currency, n.billing_period,
        case when o.earlier = 0 then n.starts_at else o.first_known end as started_at, n.ends_at as ended_at,
        o.next_known, n.known_at = o.last_known as is_last
    from numbered as n
    join ordered as o on o.item_id = n.item_id and o.stretch = n.stretch
    where o.paying
),
made as (
    select
        subscription_id, known_at, file_id, line, account_id, plan, seats, mrr, price, currency, billing_period, started_at,
        ended_at, false as trial
    from paid
    union all
    select
        p.subscription_id, n.known_at, n.file_id, n.line, p.account_id, p.plan, p.seats, p.mrr, p.price, p.currency,
        p.billing_period, p.started_at, least(p.next_known, p.ended_at, n.ends_at) as ended_at, false as trial
    from paid as p
    join numbered as n on n.item_id = p.item_id and n.known_at = p.next_known
    where p.is_last
    union all
    select
        concat(item_id, '~trial') as subscription_id, known_at, file_id, line, account_id, plan, seats, mrr, price, currency,
        billing_period, trial_started_at as started_at, least(trial_ended_at, ends_at) as ended_at, true as trial
    from numbered
    where trial_ended_at > trial_started_at
),
contents as (
    select
        subscription_id, known_at, file_id, line, account_id, plan, seats, mrr, price, currency, billing_period, trial,
        started_at, case when ended_at < started_at then started_at else ended_at end as ended_at
    from made
),
hashed as (
    select
        *,
        md5(concat_ws(
            chr(31), account_id, coalesce(plan, ''), coalesce(cast(seats as varchar), ''), coalesce(cast(mrr as varchar), ''),
            coalesce(cast(price as varchar), ''), coalesce(currency, ''), coalesce(billing_period, ''),
            cast(started_at as varchar), coalesce(cast(ended_at as varchar), '')
        )) as content
    from contents
),
followed as (
    select *, lag(content) over (partition by subscription_id order by known_at) as before
    from hashed
)
select
    subscription_id, account_id, plan, seats, mrr, price, currency, started_at, ended_at, trial, billing_period, known_at,
    cast((known_at at time zone 'UTC') at time zone $timezone as date) as known_date, file_id, line
from followed
where before is null or before <> content
order by subscription_id, known_at
