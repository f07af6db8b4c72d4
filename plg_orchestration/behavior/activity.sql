-- Each unit's activity in what was received from $first_day on, as bit masks: bit n of `days` and `core_days` stands for n days
-- before $as_of, of `weeks` and `months` for n weeks and months before its own, of `first_days` for n days after first_active.
-- Days that were received earlier and lay in the future until now come due. Masks keep the 63 bits 0 to 62.
with received as (
    select * from behavior.user_days where received_date between $first_day and $as_of and event_date <= $as_of
    union all
    select * from behavior.user_days where received_date < $first_day and event_date between $first_day and $as_of
),
days as (
    select
        user_id, account_id, event_date,
        qualifying_events > 0 as active,
        core_events > 0 as core,
        date_diff('day', event_date, $as_of) as days_ago,
        $week_number - date_diff('day', date '1900-01-01', event_date) // 7 as weeks_ago,
        $month_number - year(event_date) * 12 - month(event_date) + 1 as months_ago,
        events, core_events, items_created, invites_sent, invites_accepted
    from received
),
units as (
    select 'user' as unit, user_id as unit_id, * from days where user_id is not null and $units in ('user', 'all')
    union all
    select 'account' as unit, account_id as unit_id, * from days where account_id is not null and $units in ('account', 'all')
),
firsts as (
    select unit, unit_id, min(event_date) as first_active
    from units
    where active
    group by unit, unit_id
)
select
    $as_of as as_of, u.unit, u.unit_id,
    bit_or(case when active and days_ago <= 62 then cast(1 as bigint) << cast(least(days_ago, 62) as integer) else 0 end) as days,
    bit_or(case when core and days_ago <= 62 then cast(1 as bigint) << cast(least(days_ago, 62) as integer) else 0 end) as core_days,
    bit_or(case when active and weeks_ago <= 62 then cast(1 as bigint) << cast(least(weeks_ago, 62) as integer) else 0 end) as weeks,
    bit_or(case when active and months_ago <= 62 then cast(1 as bigint) << cast(least(months_ago, 62) as integer) else 0 end)
        as months,
    bit_or(
        case when active and date_diff('day', f.first_active, event_date) <= 62
            then cast(1 as bigint) << cast(least(date_diff('day', f.first_active, event_date), 62) as integer)
            else 0 end
    ) as first_days,
    min(f.first_active) as first_active,
    max(case when active then event_date end) as last_active,
    cast(sum(events) as bigint) as events,
    cast(sum(core_events) as bigint) as core_events,
    cast(sum(items_created) as bigint) as items_created,
    cast(sum(invites_sent) as bigint) as invites_sent,
    cast(sum(invites_accepted) as bigint) as invites_accepted
from units as u
left join firsts as f on f.unit = u.unit and f.unit_id = u.unit_id
group by u.unit, u.unit_id
