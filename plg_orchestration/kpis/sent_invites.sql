-- Invites sent in each period by and to people who are not left out, when they were accepted, and when the invited user, new since the invite, activated; one who was
-- invited several times counts for the first invite accepted.
with attributed as (
    select
        invite_id, inviter_id, invitee_user_id, sent_at, accepted_at,
        cast((sent_at at time zone 'UTC') at time zone $timezone as date) as sent_date,
        row_number() over (partition by invitee_user_id order by coalesce(accepted_at, sent_at), sent_at, invite_id) as place
    from known_invites
    left join excluded as x on x.unit = 'user' and x.unit_id = inviter_id
    left join excluded as y on y.unit = 'user' and y.unit_id = invitee_user_id
    where sent_at < $cut and x.unit_id is null and y.unit_id is null
)
select
    p.period, p.period_start, s.segment, s.channel, s.region, s.device, s.plan, i.invite_id, i.inviter_id, i.sent_at,
    coalesce(i.accepted_at, n.signup_at) as accepted_at, a.activated_at
from attributed as i
join kpi_periods as p on p.period <> 'day' and i.sent_date >= p.period_start and i.sent_date < p.period_end
left join kpi_units as s on s.unit = 'user' and s.unit_id = i.inviter_id
left join kpi_units as n on n.unit = 'user' and n.unit_id = i.invitee_user_id and n.signup_at >= i.sent_at and i.place = 1
left join first_activations as a on a.user_id = n.unit_id
