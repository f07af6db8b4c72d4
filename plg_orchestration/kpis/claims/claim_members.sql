-- Everybody who signed up since $members_from: when they activated, when their account first paid, whether they were active on the
-- calendar day after the signup's, and whether they were referred, or invited before they signed up.
with activated as (
    select unit_id as user_id, min(first_at) as activated_at
    from behavior.milestones
    where received_date <= $as_of and unit = 'user' and role = 'activation'
    group by unit_id
),
paid as (
    select unit, unit_id, min(paid_from) as paid_at
    from paid_spans
    group by unit, unit_id
),
invited as (
    select invitee_user_id as user_id, min(sent_at) as sent_at
    from known_invites
    where invitee_user_id is not null
    group by invitee_user_id
)
select
    s.unit_id as user_id, coalesce(s.account_id, s.unit_id) as cluster, s.signup_at, s.signup_date, a.activated_at, p.paid_at,
    case
        when date_diff('day', v.first_active, s.signup_date + 1) between 0 and 62
            then (v.first_days >> cast(date_diff('day', v.first_active, s.signup_date + 1) as integer)) & 1 = 1
        else false
    end as active_on_day_1,
    u.referred_by is not null or coalesce(i.sent_at <= s.signup_at, false) as referred
from signups as s
left join known_users as u on u.user_id = s.unit_id
left join activated as a on a.user_id = s.unit_id
left join paid as p
    on p.unit = case when s.account_id is null then 'user' else 'account' end and p.unit_id = coalesce(s.account_id, s.unit_id)
left join activity as v on v.unit = 'user' and v.unit_id = s.unit_id
left join invited as i on i.user_id = s.unit_id
where s.unit = 'user' and s.signup_at >= $members_from
