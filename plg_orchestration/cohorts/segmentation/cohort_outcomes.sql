-- What became of every entry of a cohort segment: the first key action, the first paid day after it, and which windows are over.
-- The key action is the activation milestone; who had activated before coming back has the first core event after the return,
-- by calendar days. Only units that do not pay at the entry can go from free to paid.
with declared as (
    select count(*) filter (where role = 'activation') > 0 as has_activation
    from config.event_roles
),
billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
activated as (
    select unit, unit_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and role = 'activation'
    group by unit, unit_id
),
paid as (
    select account_id, mrr, started_at, started_date, ended_date
    from booked_periods
    where known_to > $as_of and started_at < $cut
),
upgraded as (
    select unit, unit_id, first_at
    from behavior.milestones
    where received_date <= $as_of and role = 'plan_upgraded'
),
own_or_team as (
    select e.cohort_segment, e.unit, e.unit_id, e.entry_at, m.first_at
    from cohort_entries as e
    inner join upgraded as m on m.unit = e.unit and m.unit_id = e.unit_id
    union all
    select e.cohort_segment, e.unit, e.unit_id, e.entry_at, m.first_at
    from cohort_entries as e
    inner join upgraded as m on m.unit = 'account' and m.unit_id = e.account_id
),
upgrades as (
    select cohort_segment, unit, unit_id, min(first_at) as paid_at, bool_or(first_at < entry_at) as paid_before
    from own_or_team
    group by cohort_segment, unit, unit_id
),
bought as (
    select
        e.cohort_segment, e.unit, e.unit_id,
        min(case when p.started_at >= e.entry_at then p.started_at end) as paid_at,
        bool_or(p.started_at < e.entry_at and p.ended_date > e.entry_date) as paid_before
    from cohort_entries as e
    inner join paid as p on p.account_id = e.account_id
    group by e.cohort_segment, e.unit, e.unit_id
),
prices as (
    select account_id, started_at, cast(sum(mrr) as double) as mrr
    from paid
    group by account_id, started_at
),
sizes as (
    select account_id, count(*) as users
    from known_users
    where account_id is not null
    group by account_id
),
joined as (
    select
        e.cohort_segment, e.unit, e.unit_id, e.account_id, e.entry_at, b.has_subscriptions,
        case
            when not d.has_activation or a.activated_at is null then null
            when a.activated_at < e.entry_at and e.cohort_segment = 'reactivated_free' then
                cast(date_diff('day', e.entry_date, e.key_date) as double)
            when a.activated_at < e.entry_at then 0.0
            else date_diff('second', e.entry_at, a.activated_at) / 86400.0
        end as key_days,
        case when b.has_subscriptions then p.paid_at else u.paid_at end as paid_at,
        coalesce(case when b.has_subscriptions then p.paid_before else u.paid_before end, false) as paid_before,
        e.entry_at + interval 24 hour <= $cut as over_24h,
        e.entry_at + cast($action_days as integer) * interval 1 day <= $cut as over_action,
        e.entry_at + cast($paid_days as integer) * interval 1 day <= $cut as over_paid
    from cohort_entries as e
    cross join declared as d
    cross join billed as b
    left join activated as a on a.unit = e.unit and a.unit_id = e.unit_id
    left join bought as p on p.cohort_segment = e.cohort_segment and p.unit = e.unit and p.unit_id = e.unit_id
    left join upgrades as u on u.cohort_segment = e.cohort_segment and u.unit = e.unit and u.unit_id = e.unit_id
)
select
    j.cohort_segment, j.unit, j.unit_id, coalesce(j.account_id, j.unit_id) as cluster, j.key_days, j.over_24h, j.over_action,
    j.over_paid, j.over_paid and not j.paid_before as counts_paid,
    coalesce(j.paid_at < j.entry_at + cast($paid_days as integer) * interval 1 day, false) and not j.paid_before as converted,
    case
        when not j.has_subscriptions or j.paid_before then null
        when j.paid_at < j.entry_at + cast($paid_days as integer) * interval 1 day then
            c.mrr / case when j.unit = 'user' then greatest(s.users, 1) else 1 end
        else 0.0
    end as monthly
from joined as j
left join prices as c on c.account_id = j.account_id and c.started_at = j.paid_at
left join sizes as s on s.account_id = j.account_id
