-- The MRR waterfall of every month from $first_day to $as_of, by currency, as known at the as-of day: what accounts paid when the
-- month began, their net movements in it, and what they pay at its end (of the month of the as-of day: on that day).
with months as (
    select
        month,
        least(cast(month + interval 1 month as date), cast($as_of as date) + 1) as next_date,
        cast(month + interval 1 month as date) <= cast($as_of as date) + 1 as complete
    from (
        select cast(instant as date) as month
        from (
            select unnest(generate_series(
                cast($first_day as timestamp), cast($as_of as timestamp), interval 1 month
            )) as instant
        ) as s
    ) as m
),
standing as (
    select
        m.month, p.currency,
        coalesce(sum(p.mrr) filter (where p.started_date < m.month and p.ended_date >= m.month), 0) as opening,
        coalesce(sum(p.mrr) filter (where p.started_date < m.next_date and p.ended_date >= m.next_date), 0) as closing,
        count(distinct case when p.started_date < m.month and p.ended_date >= m.month then p.account_id end) as opening_accounts,
        count(distinct case when p.started_date < m.next_date and p.ended_date >= m.next_date then p.account_id end)
            as closing_accounts
    from months as m
    join booked_periods as p on p.started_date < m.next_date and p.ended_date >= m.month
    group by m.month, p.currency
),
moved as (
    select
        date as month, currency,
        sum(amount) filter (where movement = 'new') as new,
        sum(amount) filter (where movement = 'expansion') as expansion,
        sum(amount) filter (where movement = 'contraction') as contraction,
        sum(amount) filter (where movement = 'churn') as churn,
        sum(amount) filter (where movement = 'reactivation') as reactivation,
        count(*) filter (where movement = 'new') as new_accounts,
        count(*) filter (where movement = 'churn') as churned_accounts,
        count(*) filter (where movement = 'reactivation') as reactivated_accounts
    from mrr_movements
    group by date, currency
)
select
    cast($as_of as date) as as_of, s.month, s.currency,
    cast(s.opening as decimal(18, 2)) as opening,
    cast(coalesce(v.new, 0) as decimal(18, 2)) as new,
    cast(coalesce(v.expansion, 0) as decimal(18, 2)) as expansion,
    cast(coalesce(v.contraction, 0) as decimal(18, 2)) as contraction,
    cast(coalesce(v.churn, 0) as decimal(18, 2)) as churn,
    cast(coalesce(v.reactivation, 0) as decimal(18, 2)) as reactivation,
    cast(s.closing as decimal(18, 2)) as closing,
    s.opening_accounts,
    coalesce(v.new_accounts, 0) as new_accounts,
    coalesce(v.churned_accounts, 0) as churned_accounts,
    coalesce(v.reactivated_accounts, 0) as reactivated_accounts,
    s.closing_accounts, m.complete
from standing as s
join months as m on m.month = s.month
left join moved as v on v.month = s.month and v.currency = s.currency
where s.opening <> 0 or s.closing <> 0 or v.month is not null
order by s.month, s.currency
