-- Who is left out of every KPI: users who stand under suspicion by the newest night that screened, unless a person cleared them, and
-- accounts all of whose users do and that never paid. Money that was paid is counted whoever paid it.
with suspected as (
    select unit_id
    from governance.suspicions
    where as_of = (select max(as_of) from governance.suspicions where as_of <= $as_of) and status <> 'cleared'
),
paying as (
    select distinct account_id
    from known_subscriptions
    where started_at < $cut and not coalesce(trial, false) and coalesce(mrr, price, 0) > 0
),
members as (
    select u.account_id, count(*) as members, count(s.unit_id) as suspected
    from known_users as u
    left join suspected as s on s.unit_id = u.user_id
    where u.account_id is not null
    group by u.account_id
)
select 'user' as unit, unit_id from suspected
union all
select 'account' as unit, m.account_id as unit_id
from members as m
left join paying as p on p.account_id = m.account_id
where m.suspected = m.members and p.account_id is null
