-- Share of the invitations of the window whose invitee had agreed before the invitation was sent.
with sent as (
    select coalesce(opt_in_at <= sent_at, false) as agreed
    from known_invites
    where sent_at >= $consent_start and sent_at < $cut
),
counted as (
    select count(*) filter (where agreed) as agreed, count(*) as invites from sent
)
select
    case when invites > 0 then cast(agreed as double) / invites end as value,
    cast(agreed as double) as numerator,
    cast(invites as double) as denominator,
    case
        when invites = 0 then 'no invitation was sent since ' || cast(cast($consent_start as date) as varchar)
        else cast(agreed as varchar) || ' of ' || cast(invites as varchar) || ' invitations sent since '
            || cast(cast($consent_start as date) as varchar) || ' had an opt-in before they were sent'
    end as detail
from counted
