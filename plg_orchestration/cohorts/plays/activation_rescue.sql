-- Who is due for help with activation: triggered by the score, not activated, and not too long ago.
select
    cast($play as varchar) as play, user_id as unit_id, account_id, user_id as contact_id,
    cast(threshold - score as double) / nullif(threshold, 0) as strength,
    case when high_potential then 'a high-potential account' end as judgment,
    replace(replace(replace(cast($why as varchar),
        '{age_hours}', cast(cast(floor(age_hours) as bigint) as varchar)),
        '{score}', coalesce(cast(cast(round(score) as bigint) as varchar), 'unknown')),
        '{threshold}', cast(cast(round(threshold) as bigint) as varchar)) as reason,
    concat(
        '{"age_hours": ', cast(cast(floor(age_hours) as bigint) as varchar),
        ', "score": ', coalesce(cast(round(score, 2) as varchar), 'null'),
        ', "threshold": ', cast(round(threshold, 2) as varchar), '}'
    ) as evidence
from cohorts.activation_scores
where
    as_of = $as_of and triggered and activated_at is null
    and age_hours < 24 * cast($max_age_days as double)
