-- The past people with the MRR that each brings tonight in the reporting currency: its account's, shared among the account's people. No rows
-- where an account pays in another currency, or nobody pays.
with paying as (
    select account_id, sum(mrr) as mrr
    from revenue.mrr_daily
    where "date" = $as_of and currency = $currency
    group by account_id
),
sizes as (
    select account_id, count(*) as people
    from known_users
    where account_id is not null
    group by account_id
),
told as (
    select count(*) filter (where currency = $currency) as mine, count(*) filter (where currency <> $currency) as others
    from revenue.mrr_daily
    where "date" = $as_of
)
select u.unit_id, u.account_id, u.activation_rate, u.retention, coalesce(cast(p.mrr as double) / z.people, 0.0) as mrr
from past_units as u
inner join told as t on t.mine > 0 and t.others = 0
left join paying as p on p.account_id = u.account_id
left join sizes as z on z.account_id = u.account_id
order by u.unit_id
