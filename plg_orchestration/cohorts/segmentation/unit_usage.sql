-- Usage of every user and every account in the last window of days and in the one before: breadth, depth and frequency of the
-- last one. An account's depth and frequency are those of its average active user.
with breadths as (
    select user_id, account_id, feature
    from behavior.user_features
    where received_date <= $as_of and event_date <= $as_of and event_date > $as_of - cast($window_days as integer)
    group by user_id, account_id, feature
),
features as (
    select 'user' as unit, user_id as unit_id, count(distinct feature) as breadth
    from breadths
    where user_id is not null
    group by user_id
    union all
    select 'account' as unit, account_id as unit_id, count(distinct feature) as breadth
    from breadths
    where account_id is not null
    group by account_id
),
people as (
    select
        user_id, sum(core_events) as core_events, sum(core_before) as core_before, sum(collaborations) as collaborations,
        sum(collaborations_before) as collaborations_before, bit_or(days) as days
    from member_usage
    where user_id is not null
    group by user_id
),
teams as (
    select
        account_id, sum(core_events) as core_events, sum(core_before) as core_before, sum(collaborations) as collaborations,
        sum(collaborations_before) as collaborations_before,
        count(*) filter (where user_id is not null and days <> 0) as active_users,
        sum(bit_count(days)) as active_days
    from member_usage
    where account_id is not null
    group by account_id
),
units as (
    select
        'user' as unit, user_id as unit_id, core_events, core_before, collaborations, collaborations_before,
        bit_count(days) as active_days, 1 as people
    from people
    union all
    select
        'account' as unit, account_id as unit_id, core_events, core_before, collaborations, collaborations_before, active_days,
        greatest(active_users, 1) as people
    from teams
)
select
    u.unit, u.unit_id, cast(u.core_events as bigint) as core_events, cast(u.core_before as bigint) as core_before,
    cast(u.collaborations as bigint) as collaborations, cast(u.collaborations_before as bigint) as collaborations_before,
    cast(u.active_days as bigint) as active_days, coalesce(f.breadth, 0) as breadth,
    cast(u.core_events as double) / u.people as depth, cast(u.active_days as double) / u.people as frequency
from units as u
left join features as f on f.unit = u.unit and f.unit_id = u.unit_id
