-- The viral coefficient in its three forms, each with an interval from the spread between the people whom it averages.
with totals as (
    select
        count(*) as users,
        count(*) filter (where invites > 0) as inviters,
        cast(coalesce(sum(invites), 0) as bigint) as invites,
        cast(sum(invitees_accepted) as bigint) as invitees_accepted,
        cast(coalesce(sum(invitees_activated), 0) as bigint) as invitees_activated,
        count(retained) as referred,
        count(*) filter (where retained) as referred_retained,
        stddev_samp(invitees_activated) as spread,
        stddev_samp(invitees_activated) filter (where invites > 0) as inviter_spread
    from viral_members
),
rates as (
    select
        *,
        cast(invitees_activated as double) / nullif(inviters, 0) as per_inviter,
        inviter_spread / sqrt(nullif(inviters, 0)) as per_inviter_error,
        cast(invitees_activated as double) / nullif(case when invites > 0 then users end, 0) as per_user,
        spread / sqrt(nullif(users, 0)) as per_user_error,
        cast(referred_retained as double) / nullif(referred, 0) as kept
    from totals
),
forms as (
    select 'playbook' as form, r.*, r.per_inviter as k, r.per_inviter_error as error from rates as r
    union all
    select 'basic' as form, r.*, r.per_user as k, r.per_user_error as error from rates as r
    union all
    select
        'adjusted' as form, r.*, r.per_user * r.kept as k,
        sqrt(
            r.kept * r.kept * r.per_user_error * r.per_user_error
            + r.per_user * r.per_user * r.kept * (1 - r.kept) / nullif(r.referred, 0)
        ) as error
    from rates as r
)
select
    $as_of as as_of, cast($window_days as integer) as window_days, form,
    users, inviters, invites, invitees_accepted, invitees_activated, referred, referred_retained,
    cast(invites as double) / nullif(case when form = 'playbook' then inviters else users end, 0) as invites_each,
    cast(invitees_activated as double) / nullif(invites, 0) as conversion,
    case when form = 'adjusted' then kept end as kept,
    k,
    case when error > 0 then greatest(k - 1.959963984540054 * error, 0) end as ci_low,
    case when error > 0 then k + 1.959963984540054 * error end as ci_high
from forms
