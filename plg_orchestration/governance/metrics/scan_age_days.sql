-- Days since the last vulnerability scan; NULL when nothing was ever scanned.
with scans as (
    select scanned_at as "at" from known_vulnerabilities where scanned_at < $cut
    union all
    select "at" from known_governance_records where kind = 'vulnerability_scan' and "at" < $cut
),
newest as (
    select count(*) as scans, max(cast(("at" at time zone 'UTC') at time zone $timezone as date)) as scanned_on from scans
)
select
    cast(date_diff('day', scanned_on, cast($as_of as date)) as double) as value,
    cast(scans as double) as numerator,
    cast(null as double) as denominator,
    case
        when scans = 0 then 'no vulnerability scan is known'
        else 'the last scan was made on ' || cast(scanned_on as varchar)
    end as detail
from newest
