-- Signups per ISO week, channel, segment, region and device, with what became of the members whose window is over.
with declared as (
    select
        count(*) filter (where role = 'activation') > 0 as has_activation,
        count(*) filter (where role = 'plan_upgraded') > 0 as has_upgrade
    from config.event_roles
),
billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
recent as (
    select *, cast(date_trunc('week', signup_date) as date) as cohort_week
    from signups
    where date_trunc('week', signup_date) > $as_of - 7 * cast($weeks as integer)
),
reached as (
    select
        unit, unit_id,
        min(first_at) filter (where role = 'activation') as activated_at,
        min(first_at) filter (where role = 'plan_upgraded') as upgraded_at
    from behavior.milestones
    where received_date <= $as_of and role in ('activation', 'plan_upgraded')
    group by unit, unit_id
),
first_paid as (
    select account_id, min(started_at) as paid_at
    from known_subscriptions
    where not coalesce(trial, false) and mrr > 0
    group by account_id
),
members as (
    select
        r.unit, r.cohort_week, r.channel, r.segment, r.region, r.device, r.signup_at,
        own.activated_at,
        case
            when b.has_subscriptions then p.paid_at
            else least(coalesce(own.upgraded_at, team.upgraded_at), coalesce(team.upgraded_at, own.upgraded_at))
        end as paid_at,
        d.has_activation,
        b.has_subscriptions or d.has_upgrade as has_payment,
        r.signup_at + interval 24 hour <= $cut as over_24h,
        r.signup_at + interval 7 day <= $cut as over_7d,
        r.signup_at + interval 30 day <= $cut as over_30d
    from recent as r
    cross join declared as d
    cross join billed as b
    left join reached as own on own.unit = r.unit and own.unit_id = r.unit_id
    left join reached as team on team.unit = 'account' and team.unit_id = r.account_id
    left join first_paid as p on p.account_id = r.account_id
)
select
    $as_of as as_of, unit, cohort_week, channel, segment, region, device,
    count(*) as signups,
    case when bool_and(has_activation) then
        count(*) filter (where over_24h and activated_at < signup_at + interval 24 hour)
    end as activated_24h,
    count(*) filter (where over_24h) as mature_24h,
    case when bool_and(has_activation) then
        count(*) filter (where over_7d and activated_at < signup_at + interval 7 day)
    end as activated_7d,
    count(*) filter (where over_7d) as mature_7d,
    case when bool_and(has_payment) then
        count(*) filter (where over_30d and paid_at < signup_at + interval 30 day)
    end as paid_30d,
    count(*) filter (where over_30d) as mature_30d
from members
group by unit, cohort_week, channel, segment, region, device
