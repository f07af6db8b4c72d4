-- What data says of each registered third party: uptime in the window, open vulnerabilities of its packages, ages of its keys.
with daily as (
    select vendor, cast(day as date) as day, minutes_up, minutes
    from known_uptime
    where cast(day as date) > $uptime_date and cast(day as date) <= $as_of and minutes > 0
),
available as (
    select
        vendor,
        cast(sum(minutes_up) as double) / sum(minutes) as uptime,
        arg_min(day, cast(minutes_up as double) / minutes) as worst_day,
        min(cast(minutes_up as double) / minutes) as worst_day_uptime
    from daily
    group by vendor
),
ranked as (
    select *, rank() over (order by uptime) as uptime_rank from available
),
open_ones as (
    select u.package, coalesce(u.target, '') as target
    from known_vulnerabilities as u
    left join config.retired_scan_targets as t on t.target = u.target
    where t.target is null and u.found_at < $cut and (u.fixed_at is null or u.fixed_at >= $cut)
        and lower(u.severity) not in ('low', 'none', 'info', 'informational', 'negligible', 'note')
),
scanned as (
    select target, max(scanned_at) as last_at from known_scans where finished and scanned_at < $cut group by target
),
every_scan as (
    select max(last_at) as last_at from scanned
),
vulnerable as (
    select
        v.vendor,
        case
            when (v.packages is not null and max(e.last_at) is not null) or max(s.last_at) is not null then count(distinct o.row_id)
        end as open_vulnerabilities,
        string_agg(distinct o.package, ', ' order by o.package) as open_packages
    from registered_vendors as v
    cross join every_scan as e
    left join scanned as s on s.target = v.vendor
    left join (select *, row_number() over (order by package, target) as row_id from open_ones) as o
        on o.target = v.vendor or o.package = v.vendor
        or strpos(';' || v.packages || ';', ';' || o.package || ';') > 0
        or strpos(';' || v.packages || ';', ';' || o.target || ';') > 0
    group by v.vendor, v.packages
),
rotated as (
    select
        subject,
        max(coalesce(closed_at, "at")) filter (where kind = 'key_rotation') as rotated_at,
        max("at") filter (where kind = 'key_retirement') as retired_at
    from known_governance_records
    where kind in ('key_rotation', 'key_retirement') and "at" < $cut and subject is not null
    group by subject
),
aged as (
    select subject, cast((rotated_at at time zone 'UTC') at time zone $timezone as date) as rotated_on
    from rotated
    where rotated_at is not null and (retired_at is null or retired_at < rotated_at)
),
held as (
    select v.vendor, arg_min(a.subject, a.rotated_on) as oldest_key, date_diff('day', min(a.rotated_on), cast($as_of as date)) as key_age_days
    from registered_vendors as v
    inner join aged as a on strpos(';' || v.keys || ';', ';' || a.subject || ';') > 0
    group by v.vendor
)
select
    v.*,
    date_diff('day', cast($as_of as date), v.certificate_expires) as certificate_days_left,
    r.uptime,
    r.uptime_rank,
    r.worst_day,
    r.worst_day_uptime,
    u.open_vulnerabilities,
    u.open_packages,
    h.oldest_key,
    h.key_age_days
from registered_vendors as v
left join ranked as r on r.vendor = v.vendor
left join vulnerable as u on u.vendor = v.vendor
left join held as h on h.vendor = v.vendor
order by v.vendor
