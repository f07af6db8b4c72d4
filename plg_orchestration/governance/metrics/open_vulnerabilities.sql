-- Vulnerabilities of medium severity or worse, unknown ones among them, that are open at the cut. NULL when nothing was ever
-- scanned, and when none is open but some target was never scanned to the end.
with scans as (
    select s.tool, s.target, s.scanned_at, s.finished
    from known_scans as s
    left join config.retired_scan_targets as t on t.target = s.target
    where t.target is null and s.scanned_at < $cut
    union all
    select '' as tool, '' as target, "at" as scanned_at, true as finished
    from known_governance_records
    where kind = 'vulnerability_scan' and "at" < $cut
),
targets as (
    select tool, target, max(scanned_at) filter (where finished) as last_at from scans group by tool, target
),
scanned as (
    select
        count(*) as targets,
        max(last_at) as last_at,
        count(*) filter (where last_at is null) as unread,
        string_agg(tool || ' of ' || target, ', ' order by target, tool) filter (where last_at is null) as unread_targets
    from targets
),
counted as (
    select
        count(*) as known,
        count(*) filter (where open) as open,
        count(*) filter (where open and severity = 'unknown') as unrated,
        string_agg(distinct package, ', ' order by package) filter (where open) as packages
    from (
        select
            u.package,
            lower(u.severity) as severity,
            lower(u.severity) not in ('low', 'none', 'info', 'informational', 'negligible', 'note')
            and (u.fixed_at is null or u.fixed_at >= $cut) as open
        from known_vulnerabilities as u
        left join config.retired_scan_targets as t on t.target = u.target
        where t.target is null and u.found_at < $cut
    ) as judged
)
select
    case when s.last_at is not null and (c.open > 0 or s.unread = 0) then cast(c.open as double) end as value,
    cast(c.open as double) as numerator,
    cast(c.known as double) as denominator,
    case
        when s.last_at is null and s.targets > 0 then 'no vulnerability scan came to a result: ' || s.unread_targets
        when s.last_at is null then 'no vulnerability scan is known'
        else cast(c.open as varchar) || ' of ' || cast(c.known as varchar)
            || ' known vulnerabilities are open at medium severity or worse'
            || case when c.unrated > 0 then ' (' || cast(c.unrated as varchar) || ' of unknown severity)' else '' end
            || '; last scan ' || cast(cast(s.last_at as date) as varchar) || coalesce('; packages: ' || c.packages, '')
            || coalesce('; never scanned to the end: ' || s.unread_targets, '')
    end as detail
from counted as c
cross join scanned as s
