-- Accounts whose use hangs on one champion who is still active; those that hang on them the most come first. An account that is
-- too new, or of which too little is known, has no segment and is left alone.
select
    cast($play as varchar) as play, unit_id, account_id, champion_user_id as contact_id,
    cast(champion_share as double) as strength,
    cast(null as varchar) as judgment,
    replace(replace(cast($why as varchar),
        '{champion_share}', coalesce(cast(cast(round(100 * champion_share) as bigint) as varchar), 'unknown')),
        '{active_users}', coalesce(cast(active_users as varchar), 'unknown')) as reason,
    concat(
        '{"champion_share": ', coalesce(cast(round(champion_share, 4) as varchar), 'null'),
        ', "active_users": ', coalesce(cast(active_users as varchar), 'null'), '}'
    ) as evidence
from cohorts.segments
where
    as_of = $as_of and unit = 'account' and (power_user_island or single_threaded)
    and segment <> 'unclassified' and active_users >= 1 and not coalesce(champion_silent, false)
    and champion_silent_days <= $max_silent_days
