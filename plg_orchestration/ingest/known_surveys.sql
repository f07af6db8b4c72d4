-- Survey answers as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by survey_id order by known_at desc, file_id desc, line desc) as version
    from ingest.surveys
    where known_date <= $as_of
)
select
    survey_id,
    kind,
    user_id,
    score,
    answered_at,
    known_at
from versions
where version = 1
