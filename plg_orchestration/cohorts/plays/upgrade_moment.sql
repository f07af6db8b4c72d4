-- Who hit a limit in the last $days days, and whose account has not upgraded since; the most hits come first.
with hits as (
    select
        user_id, max(account_id) as account_id, cast(sum(limit_hits) as bigint) as hits, max(event_date) as last_hit_on
    from behavior.user_days
    where
        received_date between $as_of - cast($days as integer) + 1 and $as_of
        and event_date between $as_of - cast($days as integer) + 1 and $as_of
        and limit_hits > 0 and user_id is not null
    group by user_id
),
upgraded as (
    select h.user_id
    from hits as h
    inner join upgrade_days as u on u.payer_id = coalesce(h.account_id, h.user_id) and u.reached_on >= h.last_hit_on
    group by h.user_id
)
select
    cast($play as varchar) as play, h.user_id as unit_id, h.account_id, h.user_id as contact_id,
    h.hits / cast(1 + h.hits as double) as strength,
    cast(null as varchar) as judgment,
    replace(replace(cast($why as varchar),
        '{limit_hits}', cast(h.hits as varchar)),
        '{last_hit_on}', cast(h.last_hit_on as varchar)) as reason,
    concat('{"limit_hits": ', cast(h.hits as varchar), ', "last_hit_on": "', cast(h.last_hit_on as varchar), '"}') as evidence
from hits as h
left join upgraded as u on u.user_id = h.user_id
where u.user_id is null
