-- Who signed up between $max_age_days and $min_age_days ago and never activated; the youngest come first.
with zombies as (
    select
        unit_id, account_id,
        date_diff('day', cast((signup_at at time zone 'UTC') at time zone $timezone as date), cast($as_of as date)) as days
    from cohorts.segments
    where as_of = $as_of and unit = 'user' and zombie
)
select
    cast($play as varchar) as play, unit_id, account_id, unit_id as contact_id,
    1 - days / cast($max_age_days + 1 as double) as strength,
    cast(null as varchar) as judgment,
    replace(cast($why as varchar), '{days_since_signup}', cast(days as varchar)) as reason,
    concat('{"days_since_signup": ', cast(days as varchar), '}') as evidence
from zombies
where days between $min_age_days and $max_age_days
