-- Users who signed up in each period: their channel, who referred them, when they activated, invited, toured and finished the
-- onboarding, for how many days they have been known, and whether they were seen in the 14 days after day 1, 3, 7 and 10 (calendar days after the signup's).
with recent as (
    select unit_id, account_id, signup_at, signup_date, segment, channel, region, device, plan
    from kpi_units
    where unit = 'user' and signup_date >= $oldest_day
),
onboarded as (
    select m.unit_id, min(m.first_at) as onboarded_at
    from behavior.milestones as m
    join recent as r on r.unit_id = m.unit_id
    where m.received_date between $oldest_day and $as_of and m.unit = 'user' and m.role = 'onboarding_complete'
    group by m.unit_id
),
seen as (
    select
        r.unit_id,
        count(*) filter (where d.event_date between r.signup_date + 2 and r.signup_date + 15) > 0 as seen_after_1,
        count(*) filter (where d.event_date between r.signup_date + 4 and r.signup_date + 17) > 0 as seen_after_3,
        count(*) filter (where d.event_date between r.signup_date + 8 and r.signup_date + 21) > 0 as seen_after_7,
        count(*) filter (where d.event_date between r.signup_date + 11 and r.signup_date + 24) > 0 as seen_after_10
    from active_days as d
    join recent as r on r.unit_id = d.user_id and d.event_date between r.signup_date + 2 and r.signup_date + 24
    group by r.unit_id
),
invited as (
    select distinct invitee_user_id as user_id
    from known_invites
    where invitee_user_id is not null
)
select
    p.period, p.period_start, r.segment, r.channel, r.region, r.device, r.plan, r.unit_id as user_id, r.signup_at, r.signup_date,
    c.organic, a.activated_at, cast((a.activated_at at time zone 'UTC') at time zone $timezone as date) as activated_date,
    case when a.activated_at < $cut then greatest(date_diff('second', r.signup_at, a.activated_at), 0) / 86400.0 end as days_to_value,
    greatest(date_diff('second', r.signup_at, v.sent_at), 0) / 86400.0 as days_to_invite,
    greatest(date_diff('second', r.signup_at, $cut), 0) / 86400.0 as days_known,
    o.onboarded_at, t.started_at as toured_at, t.completed_at as guided_at, u.referred_by is not null or i.user_id is not null as referred,
    coalesce(s.seen_after_1, false) as seen_after_1, coalesce(s.seen_after_3, false) as seen_after_3,
    coalesce(s.seen_after_7, false) as seen_after_7, coalesce(s.seen_after_10, false) as seen_after_10
from recent as r
join kpi_periods as p on r.signup_date >= p.period_start and r.signup_date < p.period_end
left join config.channels as c on c.channel = r.channel
left join first_activations as a on a.user_id = r.unit_id
left join onboarded as o on o.unit_id = r.unit_id
left join seen as s on s.unit_id = r.unit_id
left join known_users as u on u.user_id = r.unit_id
left join first_tours as t on t.user_id = r.unit_id
left join first_invites as v on v.user_id = r.unit_id
left join invited as i on i.user_id = r.unit_id
