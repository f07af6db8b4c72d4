-- Invitations of the window that went out without, or before, the confirmation of the opt-in.
with known as (
    select
        sent_at >= $consent_start and sent_at < $cut as recent,
        coalesce(double_opt_in_at <= sent_at, false) as confirmed
    from known_invites
),
counted as (
    select
        count(*) as ever,
        count(*) filter (where recent) as invites,
        count(*) filter (where recent and not confirmed) as unconfirmed
    from known
)
select
    case when ever > 0 then cast(unconfirmed as double) end as value,
    cast(unconfirmed as double) as numerator,
    cast(invites as double) as denominator,
    case
        when ever = 0 then 'no invitation is known'
        else cast(unconfirmed as varchar) || ' of ' || cast(invites as varchar) || ' invitations sent since '
            || cast(cast($consent_start as date) as varchar) || ' had no confirmed opt-in before they were sent'
    end as detail
from counted
