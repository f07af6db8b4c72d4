-- Everybody who signed up and is not left out, with what KPIs are broken down by: segment, channel, region, device and the plan of now.
with billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
)
select
    s.unit, s.unit_id, s.account_id, s.signup_at, s.signup_date, s.segment, s.channel, s.region, s.device,
    case when p.plan is not null then p.plan when b.has_subscriptions then 'free' else 'unknown' end as plan
from signups as s
cross join billed as b
left join account_plans as p on p.account_id = s.account_id
left join excluded as x on x.unit = s.unit and x.unit_id = s.unit_id
where x.unit_id is null
