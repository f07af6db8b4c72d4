-- What is known of each item of `touched_items` at every instant at which something about it became known: whether it pays, its
-- monthly price (null where none is fixed: metered or tiered usage, or a price that is not there), and when it starts and ends.
-- An amount is in the currency's smallest unit; a week is 12/52 of a month, a day 12/365.
with versions as (
    select *, lead(known_at) over (partition by record, record_id order by known_at, file_id, line) as known_to
    from ingest.billing_records
),
items as (
    select v.*
    from versions as v
    join touched_items as t on t.item_id = v.record_id
    where v.record = 'item'
),
billed as (
    select distinct i.record_id as item_id, i.price_id, s.record_id as subscription_id, s.customer_id
    from items as i
    join versions as s on s.record = 'subscription' and s.record_id = i.subscription_id
),
told as (
    select record_id as item_id, known_at, file_id, line from items
    union
    select b.item_id, v.known_at, v.file_id, v.line
    from billed as b
    join versions as v on v.record = 'subscription' and v.record_id = b.subscription_id
    union
    select b.item_id, v.known_at, v.file_id, v.line
    from billed as b
    join versions as v on v.record in ('price', 'plan') and v.record_id = b.price_id
    union
    select b.item_id, v.known_at, v.file_id, v.line
    from billed as b
    join versions as v on v.record = 'customer' and v.record_id = b.customer_id
),
moments as (
    select
        item_id, known_at, file_id, line,
        row_number() over (partition by item_id, known_at order by file_id desc, line desc) as place
    from told
),
facts as (
    select
        m.item_id, m.known_at, m.file_id, m.line,
        coalesce(s.account_id, c.account_id, s.customer_id) as account_id,
        i.price_id, coalesce(i.quantity, 1) as quantity, i.quantity as seats,
        coalesce(p.plan, q.plan, i.price_id) as plan,
        coalesce(p.unit_amount, q.unit_amount) as unit_amount,
        coalesce(p.currency, q.currency) as currency,
        coalesce(p.billing_interval, q.billing_interval) as billing_interval,
        coalesce(p.interval_count, q.interval_count, 1) as interval_count,
        coalesce(p.usage, q.usage, 'licensed') as usage,
        coalesce(p.scheme, q.scheme, 'per_unit') as scheme,
        coalesce(p.divided_by, q.divided_by, 1) as divided_by,
        coalesce(p.rounding, q.rounding) as rounding,
        s.status in ('trialing', 'incomplete') as waiting,
        coalesce(
            s.status in ('active', 'past_due', 'canceled') and s.paused is null and coalesce(s.live, true)
            and not coalesce(s.deleted, false) and not coalesce(i.deleted, false), false
        ) as paying,
        greatest(
            case
                when i.created_at > s.created_at + interval 1 hour then i.created_at
                else coalesce(s.started_at, s.created_at, i.created_at, s.known_at)
            end,
            s.trial_ended_at
        ) as starts_at,
        case
            when s.ended_at is not null then s.ended_at
            when s.status = 'canceled' then coalesce(s.canceled_at, s.known_at)
            when s.cancels_at is not null then s.cancels_at
            when s.cancels_at_period_end then coalesce(s.period_end, i.period_end)
        end as ends_at,
        case when coalesce(s.live, true) then s.trial_started_at end as trial_started_at, s.trial_ended_at
    from moments as m
    join items as i
        on i.record_id = m.item_id and i.known_at <= m.known_at and coalesce(i.known_to > m.known_at, true)
    join versions as s
        on s.record = 'subscription' and s.record_id = i.subscription_id
        and s.known_at <= m.known_at and coalesce(s.known_to > m.known_at, true)
    left join versions as p
        on p.record = 'price' and p.record_id = i.price_id
        and p.known_at <= m.known_at and coalesce(p.known_to > m.known_at, true)
    left join versions as q
        on q.record = 'plan' and q.record_id = i.price_id
        and q.known_at <= m.known_at and coalesce(q.known_to > m.known_at, true)
    left join versions as c
        on c.record = 'customer' and c.record_id = s.customer_id
        and c.known_at <= m.known_at and coalesce(c.known_to > m.known_at, true)
    where m.place = 1
),
counted as (
    select
        *,
        case
            when divided_by <= 1 then quantity
            when rounding = 'up' then (quantity + divided_by - 1) // divided_by
            else quantity // divided_by
        end as units,
        case
            when currency in (
                'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
            else 100
        end as smallest_units,
        case billing_interval when 'day' then 365 when 'week' then 52 when 'month' then 1 when 'year' then 1 end as times,
        interval_count * case billing_interval when 'day' then 12 when 'week' then 12 when 'year' then 12 else 1 end as months
    from facts
),
amounts as (
    select
        *,
        case
            when usage = 'licensed' and scheme = 'per_unit' and times is not null and interval_count > 0
                and cast(unit_amount as double) * units between 0 and 10000000000
                then cast(round(unit_amount * units * 10000, 0) as bigint)
        end as amount
    from counted
)
select
    item_id, known_at, file_id, line, account_id, price_id, quantity, seats, plan, currency, waiting, paying, starts_at, ends_at,
    trial_started_at, trial_ended_at,
    case
        when usage = 'metered' then 'metered'
        when scheme <> 'per_unit' then 'tiered'
        when times is null then null
        when billing_interval = 'month' and interval_count = 3 then 'quarter'
        when billing_interval = 'month' and interval_count = 12 then 'year'
        when interval_count = 1 then billing_interval
        else concat(cast(interval_count as varchar), ' ', billing_interval, 's')
    end as billing_period,
    cast(cast((amount * 200 + smallest_units * 10000) // (smallest_units * 20000) as decimal(18, 0)) * 0.01 as decimal(18, 2))
        as price,
    cast(
        cast(
            (amount * times * 200 + smallest_units * months * 10000) // (smallest_units * months * 20000) as decimal(18, 0)
        ) * 0.01 as decimal(18, 2)
    ) as mrr
from amounts
