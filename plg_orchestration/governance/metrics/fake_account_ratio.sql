-- Share of the window's signups that the detector flags, among those of whom it knows a mail domain or a device.
with recent as (
    select u.user_id, u.email_domain is not null or f.user_id is not null as seen
    from known_users as u
    left join (select distinct user_id from governance.fingerprints where received_date <= $as_of) as f on f.user_id = u.user_id
    where u.signup_at >= $signup_start and u.signup_at < $cut
),
counted as (
    select count(*) as signups, count(*) filter (where seen) as assessed from recent
),
flagged as (
    select
        count(distinct unit_id) as users,
        count(*) filter (where rule = 'disposable_domain') as domains,
        count(*) filter (where rule = 'signup_velocity') as bursts,
        count(*) filter (where rule = 'invite_ring') as rings
    from suspects
)
select
    case when c.assessed > 0 then cast(f.users as double) / c.assessed end as value,
    cast(f.users as double) as numerator,
    cast(c.assessed as double) as denominator,
    case
        when c.signups = 0 then 'nobody signed up since ' || cast(cast($signup_start as date) as varchar)
        when c.assessed = 0 then 'neither a mail domain nor a device is known of any of the '
            || cast(c.signups as varchar) || ' users who signed up since ' || cast(cast($signup_start as date) as varchar)
        else cast(f.users as varchar) || ' of ' || cast(c.assessed as varchar) || ' users who signed up since '
            || cast(cast($signup_start as date) as varchar) || ' look fake (' || cast(f.domains as varchar)
            || ' by throw-away mail, ' || cast(f.bursts as varchar) || ' by signup velocity, ' || cast(f.rings as varchar)
            || ' by invite rings); ' || cast(c.signups - c.assessed as varchar) || ' could not be assessed'
    end as detail
from counted as c
cross join flagged as f
