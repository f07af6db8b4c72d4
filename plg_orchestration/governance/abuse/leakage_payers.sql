-- The accounts that pay on the as-of day, what each pays a month, and how many people it has.
with paying as (
    select account_id, cast(sum(mrr) as double) as mrr, min(currency) as currency, count(distinct currency) as currencies
    from booked_periods
    where known_to > $as_of and started_date <= $as_of and ended_date > $as_of and mrr > 0
    group by account_id
),
members as (
    select account_id, count(*) as people from known_users where signup_at < $cut and account_id is not null group by account_id
)
select p.account_id, p.mrr, p.currency, p.currencies, greatest(coalesce(m.people, 1), 1) as people
from paying as p
left join members as m on m.account_id = p.account_id
order by p.account_id
