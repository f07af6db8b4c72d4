-- The plays that began from $horizon to $through, of those that are declared, as the nights stored them.
select
    p.play_id, p.play, p.unit, p.unit_id, p.account_id, p.contact_id, p.channel, p.actor, p.owner, p.priority, p.strength,
    p.reason, p.evidence, p.handover, p.holdout, p.started_on, p.ends_on, p.cooldown_until, p.attempt, p.sla_minutes, p.due_at,
    c.success, c.interrupts, c.priority as priority_now,
    p.started_on + c.measured_days as measured_until
from cohorts.plays as p
inner join config.plays as c on c.play = p.play
where p.as_of between $horizon and $through and p.status = 'live' and p.started_on = p.as_of
