-- People who sent more invitations on one day than anybody may, or in 30 days more than the free plan allows.
with paying as (
    select distinct account_id
    from known_subscriptions
    where started_at < $cut and (ended_at is null or ended_at >= $cut) and not coalesce(trial, false) and mrr > 0
),
daily as (
    select user_id, max(account_id) as account_id, event_date, sum(invites_sent) as invites
    from behavior.user_days
    where received_date <= $as_of and received_date > $month_date and event_date > $month_date and event_date <= $as_of
        and user_id is not null and invites_sent > 0
    group by user_id, event_date
),
inviters as (
    select user_id, max(account_id) as account_id, max(invites) as busiest, sum(invites) as month
    from daily
    group by user_id
),
counted as (
    select
        count(*) as inviters,
        count(*) filter (where i.busiest > $invites_per_day) as over_day,
        count(*) filter (where i.month > $invites_per_month and p.account_id is null) as over_month,
        count(*) filter (
            where i.busiest > $invites_per_day or (i.month > $invites_per_month and p.account_id is null)
        ) as over_any
    from inviters as i
    left join paying as p on p.account_id = i.account_id
)
select
    cast(over_any as double) as value,
    cast(over_any as double) as numerator,
    cast(inviters as double) as denominator,
    cast(over_any as varchar) || ' of ' || cast(inviters as varchar) || ' inviters of the last 30 days exceeded a cap ('
        || cast(over_day as varchar) || ' more than ' || cast($invites_per_day as varchar) || ' in a day, '
        || cast(over_month as varchar) || ' on a free plan more than ' || cast($invites_per_month as varchar)
        || ' in 30 days)' as detail
from counted
