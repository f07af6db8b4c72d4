-- What the estimate of leaked revenue counts in people: the suspected of tonight, what persons said of suspicions, and how many of
-- the others, old enough, belong to an account that came to pay.
with standing as (
    select unit_id, status, last_day
    from governance.suspicions
    where as_of = (select max(as_of) from governance.suspicions where as_of <= $as_of)
),
payers as (
    select distinct account_id from booked_periods where known_to > $as_of and started_at < $cut
),
others as (
    select u.user_id, p.account_id is not null as paid
    from known_users as u
    left join (select unit_id from standing where status <> 'cleared') as s on s.unit_id = u.user_id
    left join payers as p on p.account_id = u.account_id
    where s.unit_id is null and u.signup_at < $mature_cut
)
select
    (select count(*) from standing where status <> 'cleared' and last_day = $as_of) as suspected,
    (select count(*) from standing where status = 'cleared') as cleared,
    (select count(*) from standing where status = 'confirmed') as confirmed,
    (select count(*) from others) as people,
    (select count(*) from others where paid) as payers
