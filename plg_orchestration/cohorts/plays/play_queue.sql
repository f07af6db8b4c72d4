-- What is to be done: the plays that begin tonight and are not held out, the most urgent first.
select
    as_of,
    cast(row_number() over (order by priority, due_at nulls last, strength desc, play_id) as integer) as place,
    play_id, play, actor, channel, owner, priority, unit, unit_id, account_id, contact_id, reason, evidence, handover, attempt,
    sla_minutes, due_at
from cohorts.plays
where as_of = $as_of and status = 'live' and started_on = as_of and not holdout
order by place
