-- Paying accounts that hang on one champion who has fallen silent; the most valuable come first.
select
    cast($play as varchar) as play, unit_id, account_id, champion_user_id as contact_id,
    coalesce(cast(account_value as double), 0) / (1 + coalesce(cast(account_value as double), 0)) as strength,
    cast(null as varchar) as judgment,
    replace(replace(replace(cast($why as varchar),
        '{champion_silent_days}', coalesce(cast(champion_silent_days as varchar), 'unknown')),
        '{champion_share}', coalesce(cast(cast(round(100 * champion_share) as bigint) as varchar), 'unknown')),
        '{account_value}', coalesce(cast(round(account_value, 2) as varchar), 'unknown')) as reason,
    concat(
        '{"champion_silent_days": ', coalesce(cast(champion_silent_days as varchar), 'null'),
        ', "champion_share": ', coalesce(cast(round(champion_share, 4) as varchar), 'null'),
        ', "account_value": ', coalesce(cast(round(account_value, 2) as varchar), 'null'), '}'
    ) as evidence
from cohorts.segments
where as_of = $as_of and unit = 'account' and champion_silent
