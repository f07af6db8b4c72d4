-- Accounts whose day $revenue_day after signup is over: their MRR on that day, when they first paid, and in how many currencies.
with first_paid as (
    select account_id, min(started_at) as paid_at
    from booked_periods
    where known_to > $as_of
    group by account_id
)
select
    s.unit_id as cluster, cast(sum(b.mrr) as double) as mrr,
    bool_and(f.paid_at < s.signup_at + cast($fast_days as integer) * interval 1 day) as fast, min(b.currency) as currency
from signups as s
join booked_periods as b
    on b.account_id = s.unit_id and b.known_to > $as_of
    and b.started_date <= s.signup_date + cast($revenue_day as integer) and b.ended_date > s.signup_date + cast($revenue_day as integer)
join first_paid as f on f.account_id = s.unit_id
where s.unit = 'account' and s.signup_date > $revenue_from and s.signup_date <= $revenue_to
group by s.unit_id
