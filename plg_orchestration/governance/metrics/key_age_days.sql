-- Days since the rotation of the key that was rotated longest ago; keys that were retired since do not count. NULL without keys.
with keys as (
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
    from keys
    where rotated_at is not null and (retired_at is null or retired_at < rotated_at)
)
select
    cast(date_diff('day', min(rotated_on), cast($as_of as date)) as double) as value,
    cast(count(*) as double) as numerator,
    cast(null as double) as denominator,
    coalesce(
        arg_min(subject, rotated_on) || ' was rotated on ' || cast(min(rotated_on) as varchar) || ', longest ago of '
        || cast(count(*) as varchar) || ' keys',
        'no rotation of a key is recorded'
    ) as detail
from aged
