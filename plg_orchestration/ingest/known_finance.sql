-- Gross margin by month as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by month order by known_at desc, file_id desc, line desc) as version
    from ingest.finance
    where known_date <= $as_of
)
select
    month,
    gross_margin,
    known_at
from versions
where version = 1
