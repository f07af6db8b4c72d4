-- The stretches of time in which an account, or a user without one, pays: [paid_from, paid_until). From subscriptions with a price
-- that are no trials; when none is known at all, from an upgrade to the next cancellation. A start at midnight is a date without a
-- time and counts as the end of that day.
with billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
subscribed as (
    select
        'account' as unit, s.account_id as unit_id,
        case
            when date_trunc('day', s.started_at) = s.started_at
            or date_trunc('day', (s.started_at at time zone 'UTC') at time zone $timezone)
            = (s.started_at at time zone 'UTC') at time zone $timezone
                then s.started_at + interval 1 day
            else s.started_at
        end as paid_from,
        coalesce(s.ended_at, timestamp '9999-12-31 00:00:00') as paid_until
    from known_subscriptions as s
    where s.account_id is not null and s.mrr > 0 and not coalesce(s.trial, false)
),
told as (
    select
        case when s.account_id is null then m.unit else 'account' end as unit, coalesce(s.account_id, m.unit_id) as unit_id,
        m.role, m.first_at
    from behavior.milestones as m
    cross join billed as b
    left join signups as s on s.unit = m.unit and s.unit_id = m.unit_id
    where m.received_date <= $as_of and m.role in ('plan_upgraded', 'cancelled') and not b.has_subscriptions
),
spans as (
    select
        unit, unit_id, role, first_at as paid_from,
        coalesce(
            min(case when role = 'cancelled' then first_at end) over (
                partition by unit, unit_id order by first_at, role desc rows between 1 following and unbounded following
            ),
            timestamp '9999-12-31 00:00:00'
        ) as paid_until
    from told
)
select distinct unit, unit_id, paid_from, paid_until
from subscribed
where paid_until > paid_from and paid_from < $cut
union
select distinct unit, unit_id, paid_from, paid_until
from spans
where role = 'plan_upgraded' and paid_from < $cut
