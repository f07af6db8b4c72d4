-- What the what-if measures, by account: new users whose windows are over (who had activated by the landmark, who converted after
-- it, who was brought by another user) and the MRR they brought; and, of accounts that paid $churn_days ago, what they paid then
-- and still pay at most. Accounts that are alike stand in one row with their number.
with new_users as (
    select
        cluster, referred,
        coalesce(activated_at < signup_at + cast($landmark_days as integer) * interval 1 day, false) as activated,
        coalesce(paid_at < signup_at + cast($landmark_days + $conversion_days as integer) * interval 1 day, false) as converted
    from claim_members
    where
        signup_at >= $flow_from and signup_at < $early_to
        and (paid_at is null or paid_at >= signup_at + cast($landmark_days as integer) * interval 1 day)
),
first_day as (
    select account_id, min(started_date) as paid_date
    from booked_periods
    where known_to > $as_of
    group by account_id
),
first_mrr as (
    select f.account_id, cast(sum(b.mrr) as double) as mrr
    from first_day as f
    join booked_periods as b
        on b.account_id = f.account_id and b.known_to > $as_of and b.started_date <= f.paid_date and b.ended_date > f.paid_date
    group by f.account_id
),
team as (
    select s.account_id, count(*) as users
    from signups as s
    join first_day as f on f.account_id = s.account_id and s.signup_date <= f.paid_date
    where s.unit = 'user'
    group by s.account_id
),
flow as (
    select
        n.cluster, count(*) as users, count(*) filter (where n.activated) as activated,
        count(*) filter (where n.activated and n.converted) as converted_activated,
        count(*) filter (where not n.activated and n.converted) as converted_others,
        count(*) filter (where n.referred) as referred,
        coalesce(sum(case when n.converted then m.mrr / greatest(t.users, 1) else 0 end), 0) as new_mrr
    from new_users as n
    left join first_mrr as m on m.account_id = n.cluster
    left join team as t on t.account_id = n.cluster
    group by n.cluster
),
book as (
    select
        account_id as cluster,
        coalesce(sum(mrr) filter (where started_date <= $churn_date and ended_date > $churn_date), 0) as opening,
        coalesce(sum(mrr) filter (where started_date <= $as_of and ended_date > $as_of), 0) as closing
    from booked_periods
    where known_to > $as_of
    group by account_id
),
accounts as (
    select
        coalesce(f.cluster, b.cluster) as cluster, coalesce(f.users, 0) as users, coalesce(f.activated, 0) as activated,
        coalesce(f.converted_activated, 0) as converted_activated, coalesce(f.converted_others, 0) as converted_others,
        coalesce(f.referred, 0) as referred, coalesce(f.new_mrr, 0) as new_mrr, cast(coalesce(b.opening, 0) as double) as opening,
        cast(coalesce(least(b.opening, b.closing), 0) as double) as kept
    from flow as f
    full join book as b on b.cluster = f.cluster
)
select
    users, activated, converted_activated, converted_others, referred, round(new_mrr, 6) as new_mrr, opening, kept,
    count(*) as accounts
from accounts
where users > 0 or opening > 0
group by users, activated, converted_activated, converted_others, referred, round(new_mrr, 6), opening, kept
order by users, activated, converted_activated, converted_others, referred, new_mrr, opening, kept
