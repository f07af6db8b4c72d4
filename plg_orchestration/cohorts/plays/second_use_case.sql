-- Leads of the night that are not held back and use fewer core features than $use_cases; the best score comes first.
with leads as (
    select user_id, account_id, score, percentile
    from pql.decisions
    where as_of = $as_of and qualified and not holdout and suppressed_reason is null
),
used as (
    select m.unit_id as user_id, count(distinct m.item) as features, min(m.item) as feature
    from behavior.milestones as m
    inner join leads as l on l.user_id = m.unit_id
    where m.unit = 'user' and m.role = 'core_feature' and m.received_date <= $as_of
    group by m.unit_id
),
due as (
    select
        l.user_id, l.account_id, l.score, l.percentile, coalesce(u.features, 0) as features, coalesce(u.feature, 'none') as feature,
        row_number() over (partition by l.user_id order by l.percentile desc, l.score desc) as place
    from leads as l
    left join used as u on u.user_id = l.user_id
)
select
    cast($play as varchar) as play, user_id as unit_id, account_id, user_id as contact_id,
    percentile / 100 as strength,
    cast(null as varchar) as judgment,
    replace(replace(replace(cast($why as varchar),
        '{features_used}', cast(features as varchar)),
        '{score}', coalesce(cast(round(score, 1) as varchar), 'unknown')),
        '{feature}', feature) as reason,
    concat(
        '{"features_used": ', cast(features as varchar),
        ', "feature": "', replace(replace(feature, '\', '\\'), '"', '\"'),
        '", "score": ', coalesce(cast(round(score, 2) as varchar), 'null'), '}'
    ) as evidence
from due
where place = 1 and features < $use_cases
