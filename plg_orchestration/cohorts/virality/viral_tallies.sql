-- Sums of each measure that is a share or a mean: over all, by the inviter's signup month, and by months of age since signup.
-- `units` are all, `n` those that are mature; `total` and `squares` add up the values of these. Without a single invite known
-- nobody can say what invites brought: those measures are left out instead of being zero.
with sent as (
    select
        u.signup_month, v.counts, v.accepted_at is not null as accepted,
        v.sent_at + cast($wait_days as integer) * interval 1 day <= $cut as sent_mature,
        coalesce(v.accepted_at < v.sent_at + cast($wait_days as integer) * interval 1 day, false) as accepted_soon,
        coalesce(v.accepted_at + cast($wait_days as integer) * interval 1 day <= $cut, false) as accepted_mature,
        coalesce(v.activated_at < v.accepted_at + cast($wait_days as integer) * interval 1 day, false) as activated_soon
    from viral_invites as v
    inner join viral_units as u on u.user_id = v.inviter_id
),
months as (
    select
        'inviting_share' as measure, 'share' as kind, signup_month, count(*) as units, count(*) filter (where settled) as n,
        count(*) filter (where settled and invited_soon) as total, cast(null as bigint) as squares
    from viral_units
    group by signup_month
    union all
    select
        'invites_per_inviter', 'mean', signup_month, count(*) filter (where invites > 0),
        count(*) filter (where settled and invites > 0), sum(case when settled then invites else 0 end),
        sum(case when settled then invites * invites else 0 end)
    from viral_units
    group by signup_month
    union all
    select
        'invites_per_member', 'mean', signup_month, count(*), count(*) filter (where settled),
        sum(case when settled then invites else 0 end), sum(case when settled then invites * invites else 0 end)
    from viral_units
    where exists (select 1 from viral_invites)
    group by signup_month
    union all
    select
        'k_per_member', 'mean', signup_month, count(*), count(*) filter (where mature),
        sum(case when mature then activated else 0 end), sum(case when mature then activated * activated else 0 end)
    from viral_units
    where exists (select 1 from viral_invites)
    group by signup_month
    union all
    select
        'accepted_per_user_so_far', 'mean', signup_month, count(*), count(*), sum(accepted_ever),
        sum(accepted_ever * accepted_ever)
    from viral_units
    where exists (select 1 from viral_invites)
    group by signup_month
    union all
    select
        'referral_share', 'share', signup_month, count(*), count(*), count(*) filter (where referred), cast(null as bigint)
    from viral_units
    where exists (select 1 from viral_invites) or exists (select 1 from viral_units where referred)
    group by signup_month
    union all
    select
        'acceptance_rate', 'share', signup_month, count(*), count(*) filter (where sent_mature),
        count(*) filter (where sent_mature and accepted_soon), cast(null as bigint)
    from sent
    group by signup_month
    union all
    select
        'invite_to_activation', 'share', signup_month, count(*), count(*) filter (where accepted_mature),
        count(*) filter (where accepted_mature and activated_soon), cast(null as bigint)
    from sent
    where accepted and counts
    group by signup_month
),
ages as (
    select unnest(generate_series(0, cast($ages as integer) - 1)) as age
),
known as (
    select cast(floor(days_known) as integer) as days, count(*) as users
    from viral_units
    group by 1
),
present as (
    select
        a.age, sum(k.users) as units, coalesce(sum(case when k.days >= 30 * a.age + 30 then k.users end), 0) as settled,
        coalesce(sum(case when k.days >= 30 * a.age + 30 + cast($wait_days as integer) then k.users end), 0) as mature
    from ages as a
    inner join known as k on k.days >= 30 * a.age
    where exists (select 1 from viral_invites)
    group by a.age
),
acts as (
    select
        u.user_id, date_diff('second', u.signup_at, v.sent_at) // (30 * 86400) as age, max(u.days_known) as days,
        count(*) as invites,
        count(*) filter (where v.activated_at < v.sent_at + cast($wait_days as integer) * interval 1 day) as activated
    from viral_invites as v
    inner join viral_units as u on u.user_id = v.inviter_id and v.sent_at >= u.signup_at
    group by 1, 2
),
by_age as (
    select
        p.age, p.units, p.settled, p.mature,
        coalesce(sum(case when d.days >= 30 * p.age + 30 then d.invites end), 0) as invites,
        coalesce(sum(case when d.days >= 30 * p.age + 30 then d.invites * d.invites end), 0) as invite_squares,
        coalesce(sum(case when d.days >= 30 * p.age + 30 + cast($wait_days as integer) then d.activated end), 0) as activated,
        coalesce(
            sum(case when d.days >= 30 * p.age + 30 + cast($wait_days as integer) then d.activated * d.activated end), 0
        ) as activated_squares
    from present as p
    left join acts as d on d.age = p.age
    group by p.age, p.units, p.settled, p.mature
)
select
    measure, kind, 'all' as cohort_by, 'all' as cohort, cast(sum(units) as bigint) as units, cast(sum(n) as bigint) as n,
    cast(sum(total) as double) as total, cast(sum(squares) as double) as squares
from months
group by measure, kind
union all
select
    measure, kind, 'signup_month', strftime(signup_month, '%Y-%m'), units, n, cast(total as double), cast(squares as double)
from months
union all
select
    'invites_per_member', 'mean', 'age_months', cast(age as varchar), units, settled, cast(invites as double),
    cast(invite_squares as double)
from by_age
union all
select
    'k_per_member', 'mean', 'age_months', cast(age as varchar), units, mature, cast(activated as double),
    cast(activated_squares as double)
from by_age
