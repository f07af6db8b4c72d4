-- Vulnerabilities of medium severity or worse that are open at the cut; NULL when nothing was ever scanned.
with scans as (
    select scanned_at as "at" from known_vulnerabilities where scanned_at < $cut
    union all
    select "at" from known_governance_records where kind = 'vulnerability_scan' and "at" < $cut
),
scanned as (
    select count(*) as scans, max("at") as last_at from scans
),
counted as (
    select
        count(*) as known,
        count(*) filter (where open) as open,
        string_agg(distinct package, ', ' order by package) filter (where open) as packages
    from (
        select
            package,
            lower(severity) in ('medium', 'moderate', 'high', 'critical') and (fixed_at is null or fixed_at >= $cut) as open
        from known_vulnerabilities
        where found_at < $cut
    ) as judged
)
select
    case when s.scans > 0 then cast(c.open as double) end as value,
    cast(c.open as double) as numerator,
    cast(c.known as double) as denominator,
    case
        when s.scans = 0 then 'no vulnerability scan is known'
        else cast(c.open as varchar) || ' of ' || cast(c.known as varchar)
            || ' known vulnerabilities are open at medium severity or worse; last scan '
            || cast(cast(s.last_at as date) as varchar) || coalesce('; packages: ' || c.packages, '')
    end as detail
from counted as c
cross join scanned as s
