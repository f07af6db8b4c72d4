-- Who pays, who tries and who talks to sales at the cut, per payer: the account, else the user.
with billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
subscribed as (
    select
        account_id,
        bool_or(not coalesce(trial, false) and mrr > 0) as is_paying,
        bool_or(coalesce(trial, false)) as on_trial
    from known_subscriptions
    where started_at < $cut and (ended_at is null or ended_at >= $cut)
    group by account_id
),
payers as (
    select
        p.payer_id,
        bool_or(case
            when b.has_subscriptions then coalesce(s.is_paying, false)
            else greatest(coalesce(o.upgraded_at, $epoch), coalesce(t.upgraded_at, $epoch))
                > greatest(coalesce(o.ended_at, $epoch), coalesce(t.ended_at, $epoch))
        end) as is_paying,
        bool_or(case
            when b.has_subscriptions then coalesce(s.on_trial, false)
            else greatest(coalesce(o.trial_at, $epoch), coalesce(t.trial_at, $epoch)) >= $cut - interval 30 day
        end) as on_trial
    from people as p
    cross join billed as b
    left join subscribed as s on s.account_id = p.account_id
    left join reached as o on o.unit = 'user' and o.unit_id = p.user_id
    left join reached as t on t.unit = 'account' and t.unit_id = p.account_id
    group by p.payer_id
),
talks as (
    select user_id, arg_max(outcome, "at") as outcome, max("at") as talked_at
    from known_crm_outcomes
    where "at" < $cut and user_id is not null
    group by user_id
),
in_sales as (
    select p.payer_id
    from people as p
    inner join talks as t on t.user_id = p.user_id
    where t.outcome in ('accepted', 'opportunity') and t.talked_at >= $cut - interval 90 day
    group by p.payer_id
)
select y.payer_id, y.is_paying, y.on_trial, x.payer_id is not null as in_sales
from payers as y
left join in_sales as x on x.payer_id = y.payer_id
