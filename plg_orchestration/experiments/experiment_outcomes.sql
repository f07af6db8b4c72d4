-- What became of each unit of a watched experiment after its first exposure: whether it activated within seven days (null where it had
-- activated before) and was active in its second week; before it: the days on which it was active in the four weeks up to the exposure.
with activated as (
    select unit, unit_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and role = 'activation'
    group by unit, unit_id
),
active as (
    select distinct 'user' as unit, user_id as unit_id, event_date
    from behavior.user_days
    where received_date <= $as_of and event_date >= $first and qualifying_events > 0 and user_id is not null
    union all
    select distinct 'account' as unit, account_id as unit_id, event_date
    from behavior.user_days
    where received_date <= $as_of and event_date >= $first and qualifying_events > 0 and account_id is not null
),
accounts as (
    select user_id, max(account_id) as account_id
    from behavior.user_days
    where received_date <= $as_of and event_date >= $first and user_id is not null and account_id is not null
    group by user_id
),
days as (
    select
        e.experiment, e.unit, e.unit_id,
        count(*) filter (
            where a.event_date > e.exposed_on and date_diff('day', e.exposed_on, a.event_date) between 7 and 13
        ) as second_week,
        count(*) filter (
            where a.event_date < e.exposed_on and date_diff('day', a.event_date, e.exposed_on) between 1 and 28
        ) as before
    from experiment_units as e
    inner join active as a on a.unit = e.unit and a.unit_id = e.unit_id
    group by e.experiment, e.unit, e.unit_id
)
select
    e.experiment, e.unit_id,
    case
        when a.activated_at < e.exposed_at then null
        else cast(coalesce(a.activated_at < e.exposed_at + interval 7 day, false) as double)
    end as activation_rate,
    cast(coalesce(d.second_week, 0) > 0 as double) as retention,
    cast(coalesce(d.before, 0) as double) as active_days_before,
    case when e.unit = 'user' then u.account_id end as account_id
from experiment_units as e
left join activated as a on a.unit = e.unit and a.unit_id = e.unit_id
left join days as d on d.experiment = e.experiment and d.unit = e.unit and d.unit_id = e.unit_id
left join accounts as u on e.unit = 'user' and u.user_id = e.unit_id
