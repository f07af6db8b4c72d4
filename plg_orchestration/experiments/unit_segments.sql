-- What each unit of a watched experiment was before its exposure: where and how it signed up, the size of its account, and its plan.
with people as (
    select
        e.experiment, e.unit, e.unit_id, e.exposed_at,
        case when e.unit = 'user' then u.account_id else e.unit_id end as account_id,
        u.device, u.region as user_region, u.language, u.acquisition_channel as user_channel
    from experiment_units as e
    left join known_users as u on e.unit = 'user' and u.user_id = e.unit_id
),
plans as (
    select p.experiment, p.unit_id, max(s.plan) as plan
    from people as p
    inner join known_subscriptions as s on s.account_id = p.account_id
    where s.started_at <= p.exposed_at and (s.ended_at is null or s.ended_at > p.exposed_at) and not coalesce(s.trial, false)
    group by p.experiment, p.unit_id
),
sold as (select count(*) > 0 as any_subscription from known_subscriptions)
select
    p.experiment, p.unit_id, p.device, coalesce(p.user_region, a.region) as region, p.language,
    coalesce(p.user_channel, a.acquisition_channel) as channel, a.segment,
    case when n.plan is not null then n.plan when s.any_subscription then 'free' end as plan
from people as p
cross join sold as s
left join known_accounts as a on a.account_id = p.account_id
left join plans as n on n.experiment = p.experiment and n.unit_id = p.unit_id
