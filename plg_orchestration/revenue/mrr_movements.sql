-- The net change of every account's MRR in each period (a day or a month) from $first_day to $as_of, with its one type, as
-- known on the period's last day. The type looks at the account over all currencies: it churns only when its last paid
-- subscription ends.
with periods as (
    select
        account_id, currency, mrr, started_date, ended_date, known_from, known_to,
        case when $grain = 'month' then cast(date_trunc('month', started_date) as date) else started_date end as starts_in,
        case when $grain = 'month' then cast(date_trunc('month', ended_date) as date) else ended_date end as ends_in
    from booked_periods
),
changed as (
    select account_id, starts_in as date from periods where started_date between $first_day and $as_of
    union
    select account_id, ends_in as date from periods where ended_date between $first_day and $as_of
),
steps as (
    select
        account_id, date,
        least(
            case when $grain = 'month' then cast(date + interval 1 month as date) else date + 1 end, cast($as_of as date) + 1
        ) as next_date
    from changed
),
balances as (
    select
        s.account_id, s.date, p.currency,
        coalesce(sum(p.mrr) filter (where p.started_date < s.date and p.ended_date >= s.date), 0) as opening,
        coalesce(sum(p.mrr) filter (where p.started_date < s.next_date and p.ended_date >= s.next_date), 0) as closing,
        count(*) filter (where p.starts_in < s.date and p.ends_in > p.starts_in) as paid_before
    from steps as s
    join periods as p
        on p.account_id = s.account_id and p.started_date < s.next_date
        and p.known_from < s.next_date and p.known_to >= s.next_date
    group by s.account_id, s.date, p.currency
),
standing as (
    select
        account_id, date, currency, opening, closing,
        sum(opening) over (partition by account_id, date) as account_opening,
        sum(closing) over (partition by account_id, date) as account_closing,
        sum(paid_before) over (partition by account_id, date) as account_paid_before
    from balances
)
select
    date, account_id,
    case
        when account_opening = 0 and account_paid_before = 0 then 'new'
        when account_opening = 0 then 'reactivation'
        when account_closing = 0 then 'churn'
        when closing > opening then 'expansion'
        else 'contraction'
    end as movement,
    cast(closing - opening as decimal(18, 2)) as amount, currency
from standing
where closing <> opening
order by date, account_id, currency
