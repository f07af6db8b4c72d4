-- Days since the last vulnerability scan of the target that was scanned longest ago; only scans that came to a result count.
-- NULL when nothing was ever scanned, and when some target never was to the end.
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
    select
        case when target = '' then 'the dependencies' else target || ' by ' || tool end as named,
        max(cast((scanned_at at time zone 'UTC') at time zone $timezone as date)) filter (where finished) as scanned_on,
        max(scanned_at) filter (where finished) as finished_at,
        max(scanned_at) as tried_at
    from scans
    group by tool, target
),
oldest as (
    select
        count(*) as targets,
        count(*) filter (where scanned_on is null) as unread,
        min(scanned_on) as scanned_on,
        arg_min(named, scanned_on) as named,
        string_agg(named, ', ' order by named) filter (where finished_at is null or tried_at > finished_at) as tried
    from targets
)
select
    case when unread = 0 then cast(date_diff('day', scanned_on, cast($as_of as date)) as double) end as value,
    cast(targets as double) as numerator,
    cast(null as double) as denominator,
    case
        when targets = 0 then 'no vulnerability scan is known'
        when scanned_on is null then 'no vulnerability scan came to a result'
        else 'the last scan was made on ' || cast(scanned_on as varchar)
            || case when targets > 1 then ', of ' || named || ', longest ago of ' || cast(targets as varchar) || ' targets' else '' end
    end || coalesce('; the newest scan did not finish: ' || tried, '') as detail
from oldest
