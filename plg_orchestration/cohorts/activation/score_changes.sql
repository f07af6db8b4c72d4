-- Everything that moves a user's inputs, with its instant: onboarding steps, days of core use, the first invite, the first share,
-- and the first time that somebody else of the account was active. Core use counts at the day's last activity.
with firsts as (
    select u.user_id, m.role, m.item, min(m.first_at) as first_at
    from score_users as u
    inner join behavior.milestones as m on m.unit = 'user' and m.unit_id = u.user_id
    where
        m.received_date <= $as_of and m.role in ('onboarding_step', 'onboarding_complete', 'invite_sent', 'collaboration')
    group by u.user_id, m.role, m.item
),
invited as (
    select user_id, min(first_at) as first_at
    from (
        select user_id, first_at from firsts where role = 'invite_sent'
        union all
        select i.inviter_id as user_id, i.sent_at as first_at
        from known_invites as i
        inner join score_users as u on u.user_id = i.inviter_id
    ) as sent
    group by user_id
),
shared as (
    select user_id, min(first_at) as first_at from firsts where role = 'collaboration' group by user_id
),
seen as (
    select d.account_id, d.event_date, d.user_id, min(d.first_active_at) as active_at
    from behavior.user_days as d
    where
        d.received_date <= $as_of and d.event_date <= $as_of and d.event_date >= $path_first - cast($window_days as integer)
        and d.qualifying_events > 0 and d.user_id is not null
        and d.account_id in (select u.account_id from score_users as u where u.account_id is not null)
    group by d.account_id, d.event_date, d.user_id
),
first_two as (
    -- Of a day's active users the first two are enough: one of them is somebody else.
    select account_id, event_date, user_id, active_at
    from (
        select *, row_number() over (partition by account_id, event_date order by active_at, user_id) as place from seen
    ) as ordered
    where place <= 2
),
joined as (
    select u.user_id, min(t.active_at) as first_at
    from score_users as u
    inner join first_two as t
        on t.account_id = u.account_id and t.user_id <> u.user_id
        and t.event_date >= u.signup_date - cast($window_days as integer)
        and t.event_date <= u.signup_date + cast($window_days as integer)
    group by u.user_id
),
changes as (
    select f.user_id, f.first_at as happened_at, s.share as progress, 0.0 as points
    from firsts as f
    inner join score_steps as s on s.role = f.role and s.item = f.item
    union all
    select i.user_id, i.first_at, 0.0, t.invite_points from invited as i cross join score_terms as t
    union all
    select s.user_id, s.first_at, 0.0, t.share_points from shared as s cross join score_terms as t
    union all
    select j.user_id, j.first_at, 0.0, t.team_points from joined as j cross join score_terms as t
),
placed as (
    select
        c.user_id, greatest(c.happened_at, u.signup_at) as happened_at,
        greatest(
            date_diff('day', u.signup_date, cast((c.happened_at at time zone 'UTC') at time zone $timezone as date)), 0
        ) as age_days,
        c.progress, coalesce(c.points, 0.0) as points
    from changes as c
    inner join score_users as u on u.user_id = c.user_id
    where c.happened_at < $cut
)
select user_id, happened_at, age_days, progress, 0.0 as core_events, points from placed where age_days <= $window_days
union all
select
    user_id, greatest(core_at, signup_at) as happened_at, age_days, 0.0 as progress, cast(core_events as double) as core_events,
    0.0 as points
from score_days
where core_events > 0 and age_days <= $window_days and core_at < $cut
