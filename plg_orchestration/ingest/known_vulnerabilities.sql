-- Vulnerabilities as known at the end of the as-of day: the newest version of each; what a later scan did not name any more is
-- fixed as of that scan.
with reported as (
    select * from ingest.vulnerabilities where known_date <= $as_of
),
versions as (
    select
        *,
        row_number() over (
            partition by vulnerability_id
            order by case when tool is not null then scanned_at end desc nulls last, known_at desc, file_id desc, line desc
        ) as place
    from reported
    where coalesce(record, 'finding') = 'finding'
),
newest as (
    select * from versions where place = 1
),
scans as (
    select distinct tool, target, scanned_at
    from reported
    where tool is not null and target is not null and coalesce(record, 'finding') <> 'unfinished_scan'
),
sighted as (
    select vulnerability_id, scanned_at, min(found_at) as found_at from versions where tool is not null group by vulnerability_id, scanned_at
),
missed as (
    select n.vulnerability_id, s.scanned_at, s.scanned_at > n.scanned_at as later
    from newest as n
    inner join scans as s on s.tool = n.tool and s.target = n.target
    left join sighted as v on v.vulnerability_id = n.vulnerability_id and v.scanned_at = s.scanned_at
    where v.vulnerability_id is null
),
gone as (
    select
        vulnerability_id,
        min(scanned_at) filter (where later) as fixed_at,
        max(scanned_at) filter (where not later) as absent_at
    from missed
    group by vulnerability_id
),
returned as (
    select v.vulnerability_id, min(v.found_at) as found_at
    from sighted as v
    left join gone as g on g.vulnerability_id = v.vulnerability_id
    where g.absent_at is null or v.scanned_at > g.absent_at
    group by v.vulnerability_id
)
select
    n.vulnerability_id,
    n.package,
    n.severity,
    coalesce(r.found_at, n.found_at) as found_at,
    coalesce(n.fixed_at, g.fixed_at) as fixed_at,
    n.scanned_at,
    n.tool,
    n.target,
    n.advisory,
    n.version,
    n.detail,
    n.record,
    n.known_at
from newest as n
left join gone as g on g.vulnerability_id = n.vulnerability_id
left join returned as r on r.vulnerability_id = n.vulnerability_id
