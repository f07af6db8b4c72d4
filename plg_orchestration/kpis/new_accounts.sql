-- Accounts that signed up in each period (users, where no account is known) when they first paid, and
-- what they brought in their first 90 days (a monthly price being 12/365 a day).
-- Where no subscription is known at all, the first event of the role plan_upgraded counts as the first paid day.
with billed as (
    select count(*) > 0 as has_subscriptions from subscription_versions
),
units as (
    select case when count(*) > 0 then 'account' else 'user' end as unit from known_accounts
),
first_paid as (
    select account_id, min(started_at) as paid_at
    from booked_periods
    where known_to > $as_of
    group by account_id
),
income as (
    select
        b.account_id,
        sum(
            b.mrr * 12 * greatest(date_diff('day', greatest(b.started_date, u.signup_date), least(b.ended_date, u.signup_date + 90)), 0)
        ) / 365.0 as revenue_90
    from booked_periods as b
    join kpi_units as u on u.unit = 'account' and u.unit_id = b.account_id
    where b.known_to > $as_of
    group by b.account_id
),
upgraded as (
    select unit, unit_id, min(first_at) as upgraded_at
    from behavior.milestones
    where received_date between $horizon and $as_of and role = 'plan_upgraded'
    group by unit, unit_id
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, s.unit_id as account_id, s.signup_at,
    case when b.has_subscriptions then f.paid_at else u.upgraded_at end as paid_at,
    greatest(date_diff('second', s.signup_at, $cut), 0) / 86400.0 as days_known,
    case
        when b.has_subscriptions and f.paid_at < $cut then greatest(date_diff('second', s.signup_at, f.paid_at), 0) / 86400.0
        when not b.has_subscriptions and u.upgraded_at < $cut
            then greatest(date_diff('second', s.signup_at, u.upgraded_at), 0) / 86400.0
    end as days_to_paid,
    cast(coalesce(i.revenue_90, 0) as double) as revenue_90
from kpi_units as s
join units as n on n.unit = s.unit
join kpi_periods as p on p.period in ('month', 'quarter') and s.signup_date >= p.period_start and s.signup_date < p.period_end
cross join billed as b
left join first_paid as f on f.account_id = s.account_id
left join income as i on i.account_id = s.account_id
left join upgraded as u on u.unit = s.unit and u.unit_id = s.unit_id
