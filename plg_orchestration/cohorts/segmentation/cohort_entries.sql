-- Who entered which cohort segment in the last weeks, and when: with the signup, but reactivated units when they came back.
-- `key_date` is the first day with a core event at or after a return, for those who had activated before it.
with recent as (
    select *
    from signups
    where signup_date > $as_of - 7 * cast($weeks as integer)
),
days as (
    select
        user_id, account_id, event_date, qualifying_events, core_events, first_active_at as first_at,
        date_diff('day', date '1970-01-01', event_date) // cast($quiet_days as integer) as block
    from behavior.user_days
    where
        received_date <= $as_of and event_date <= $as_of
        and event_date >= $as_of - 7 * cast($weeks as integer) - cast($quiet_days as integer)
),
unit_days as (
    select 'user' as unit, user_id as unit_id, event_date, block, qualifying_events, core_events, first_at
    from days
    where user_id is not null
    union all
    select 'account' as unit, account_id as unit_id, event_date, block, qualifying_events, core_events, first_at
    from days
    where account_id is not null
),
early as (
    select r.unit, r.unit_id, coalesce(sum(d.core_events), 0) as core_events
    from recent as r
    left join unit_days as d
        on d.unit = r.unit and d.unit_id = r.unit_id and d.event_date >= r.signup_date
        and d.event_date < r.signup_date + cast($engagement_days as integer)
    where r.signup_date + cast($engagement_days as integer) <= $as_of + 1
    group by r.unit, r.unit_id
),
middle as (
    select unit, median(core_events) as core_events from early group by unit
),
-- Within a block of $quiet_days days nobody is quiet for longer, so only the first active day of a block can be a return.
active_blocks as (
    select unit, unit_id, min(event_date) as event_date, max(event_date) as last_date, min(first_at) as first_at
    from unit_days
    where qualifying_events > 0
    group by unit, unit_id, block
),
active_days as (
    select
        unit, unit_id, event_date, first_at,
        lag(last_date) over (partition by unit, unit_id order by event_date) as before_date
    from active_blocks
),
returns as (
    select
        a.unit, a.unit_id, s.account_id, a.event_date, a.first_at,
        row_number() over (partition by a.unit, a.unit_id order by a.event_date) as place
    from active_days as a
    inner join signups as s on s.unit = a.unit and s.unit_id = a.unit_id
    where
        a.event_date > $as_of - 7 * cast($weeks as integer)
        and date_diff('day', coalesce(a.before_date, s.signup_date), a.event_date) > $quiet_days
        and not exists (
            select 1 from booked_periods as p
            where
                p.account_id = s.account_id and p.known_to > $as_of and p.started_date <= a.event_date
                and p.ended_date > a.event_date
        )
),
key_days as (
    select r.unit, r.unit_id, min(d.event_date) as key_date
    from returns as r
    inner join unit_days as d
        on d.unit = r.unit and d.unit_id = r.unit_id and d.event_date >= r.event_date and d.core_events > 0
    where r.place = 1
    group by r.unit, r.unit_id
),
founders as (
    select
        account_id, user_id, referred_by,
        row_number() over (partition by account_id order by signup_at, user_id) as place
    from known_users
    where account_id is not null
),
people as (
    select 'user' as unit, user_id as unit_id, user_id, referred_by from known_users
    union all
    select 'account' as unit, account_id as unit_id, user_id, referred_by from founders where place = 1
),
referred as (
    select p.unit, p.unit_id
    from people as p
    left join (select distinct invitee_user_id from known_invites where accepted_at < $cut) as i on i.invitee_user_id = p.user_id
    where p.referred_by is not null or i.invitee_user_id is not null
),
trial_starts as (
    select unit, unit_id, first_at
    from behavior.milestones
    where received_date <= $as_of and role = 'trial_started'
),
trials as (
    select r.unit, r.unit_id
    from recent as r
    inner join known_subscriptions as t
        on t.account_id = r.account_id and t.trial and t.started_at < $cut
        and t.started_at < r.signup_at + cast($trial_days as integer) * interval 1 day
        and (t.ended_at is null or t.ended_at > r.signup_at)
    union
    select r.unit, r.unit_id
    from recent as r
    inner join trial_starts as m on m.unit = r.unit and m.unit_id = r.unit_id
    where m.first_at >= r.signup_at and m.first_at < r.signup_at + cast($trial_days as integer) * interval 1 day
    union
    select r.unit, r.unit_id
    from recent as r
    inner join trial_starts as m on m.unit = 'account' and m.unit_id = r.account_id
    where m.first_at >= r.signup_at and m.first_at < r.signup_at + cast($trial_days as integer) * interval 1 day
),
entries as (
    select 'overall' as cohort_segment, unit, unit_id, account_id, signup_at as entry_at, signup_date as entry_date
    from recent
    union all
    select
        case when e.core_events > m.core_events then 'new_signup_high_engagement' else 'new_signup_low_engagement' end
        as cohort_segment,
        r.unit, r.unit_id, r.account_id, r.signup_at as entry_at, r.signup_date as entry_date
    from recent as r
    inner join early as e on e.unit = r.unit and e.unit_id = r.unit_id
    inner join middle as m on m.unit = r.unit
    union all
    select
        'reactivated_free' as cohort_segment, unit, unit_id, account_id, first_at as entry_at, event_date as entry_date
    from returns
    where place = 1
    union all
    select
        'referral_driven' as cohort_segment, r.unit, r.unit_id, r.account_id, r.signup_at as entry_at, r.signup_date as entry_date
    from recent as r
    where
        exists (select 1 from referred as f where f.unit = r.unit and f.unit_id = r.unit_id)
        or lower(r.channel) in (select channel from config.referral_channels)
    union all
    select
        'mobile_first' as cohort_segment, r.unit, r.unit_id, r.account_id, r.signup_at as entry_at, r.signup_date as entry_date
    from recent as r
    where lower(r.device) in (select device from config.mobile_devices)
    union all
    select
        'enterprise_trial_drop_in' as cohort_segment, r.unit, r.unit_id, r.account_id, r.signup_at as entry_at,
        r.signup_date as entry_date
    from recent as r
    where r.segment = 'enterprise' and exists (select 1 from trials as t where t.unit = r.unit and t.unit_id = r.unit_id)
)
select e.cohort_segment, e.unit, e.unit_id, e.account_id, e.entry_at, e.entry_date, k.key_date
from entries as e
left join key_days as k
    on e.cohort_segment = 'reactivated_free' and k.unit = e.unit and k.unit_id = e.unit_id
