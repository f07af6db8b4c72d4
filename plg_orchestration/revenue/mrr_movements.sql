-- The net change of every account's MRR in each period (a day or a month) from $first_date to $as_of, with its one type.
-- The type looks at the account over all currencies: it churns only when its last paid subscription ends.
with steps as (
    select account_id, currency, started_date as date, mrr as amount, 1 as step
    from paid_periods
    union all
    select account_id, currency, ended_date as date, -mrr as amount, -1 as step
    from paid_periods
    where ended_date <= $as_of
),
moved as (
    select distinct account_id from steps where date >= $first_date
),
changes as (
    select
        s.account_id, s.currency,
        case when $grain = 'month' then cast(date_trunc('month', s.date) as date) else s.date end as date,
        sum(s.amount) as amount, sum(s.step) as step
    from steps as s
    join moved as m on m.account_id = s.account_id
    group by 1, 2, 3
),
standing as (
    select
        account_id, date, sum(step) as step,
        sum(sum(step)) over (partition by account_id order by date rows between unbounded preceding and current row) as closing
    from changes
    group by account_id, date
),
history as (
    select
        account_id, date, closing, closing - step as opening,
        coalesce(
            max(closing) over (partition by account_id order by date rows between unbounded preceding and 1 preceding), 0
        ) as most_before
    from standing
)
select
    c.date, c.account_id,
    case
        when h.opening = 0 and h.most_before = 0 then 'new'
        when h.opening = 0 then 'reactivation'
        when h.closing = 0 then 'churn'
        when c.amount > 0 then 'expansion'
        else 'contraction'
    end as movement,
    cast(c.amount as decimal(18, 2)) as amount, c.currency
from changes as c
join history as h on h.account_id = c.account_id and h.date = c.date
where c.amount <> 0 and c.date between $first_date and $as_of
order by c.date, c.account_id, c.currency
