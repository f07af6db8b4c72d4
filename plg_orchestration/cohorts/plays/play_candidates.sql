-- Everybody who is due tonight and has not this very play running, with who acts through which channel, and what forbids a start.
with history as (
    select play, unit_id, count(*) as attempts, max(cooldown_until) as cooldown_until
    from play_successes
    group by play, unit_id
),
addressed as (
    select contact_id, max(started_on) as started_on
    from play_successes
    where contact_id is not null
    group by contact_id
),
busy_accounts as (
    select unit_id as account_id, play, ends_on, interrupts from running_plays where unit = 'account'
),
judged as (
    select
        d.play, c.unit, d.unit_id, d.account_id, d.contact_id, d.strength, d.reason, d.evidence,
        c.owner as declared_owner, c.priority, c.runs_days, c.cooldown_days, c.max_attempts, c.sla_minutes, c.interrupts,
        case
            when c.actor = 'human' then null
            when d.judgment is not null then d.judgment
            when f.attempts >= $agent_attempts then concat(cast(f.attempts as varchar), ' attempts of agents failed')
            when p.complexity > $agent_complexity
                then concat('complexity ', cast(round(p.complexity, 2) as varchar), ' is too high for an agent')
        end as handover,
        c.actor as declared_actor,
        coalesce(p.waiting, false) as waiting,
        substr(md5(concat_ws('|', cast($salt as varchar), 'holdout', d.play, d.unit_id)), 1, 8) < c.holdout_limit as holdout,
        substr(md5(concat_ws('|', cast($salt as varchar), 'channel', d.play, d.unit_id)), 1, 8) as channel_draw,
        md5(concat_ws('|', cast($salt as varchar), 'order', d.play, d.unit_id)) as tie,
        coalesce(h.attempts, 0) + 1 as attempt, h.cooldown_until
    from due_plays as d
    inner join config.plays as c on c.play = d.play
    left join history as h on h.play = d.play and h.unit_id = d.unit_id
    left join failed_attempts as f on f.contact_id = d.contact_id
    left join person_complexity as p on p.user_id = d.contact_id
    left join running_plays as own on own.play = d.play and own.unit_id = d.unit_id
    where own.play_id is null
)
select
    j.play, j.unit, j.unit_id, j.account_id, j.contact_id, j.strength, j.reason, j.evidence, j.priority, j.runs_days,
    j.cooldown_days, j.interrupts, j.handover, j.holdout, j.tie, j.attempt, j.cooldown_until,
    case when j.handover is null then j.declared_actor else 'human' end as actor,
    case when j.handover is null then k.channel else 'human' end as channel,
    case when j.handover is null then j.declared_owner else cast($takes_over as varchar) end as owner,
    case
        when (j.handover is not null or j.declared_actor = 'human') and j.waiting then least(coalesce(j.sla_minutes, $waiting_minutes), $waiting_minutes)
        when j.handover is not null or j.declared_actor = 'human' then j.sla_minutes
    end as sla_minutes,
    case
        when j.cooldown_until > $as_of then concat('cooldown until ', cast(j.cooldown_until as varchar))
        when j.attempt > j.max_attempts then concat('tried ', cast(j.attempt - 1 as varchar), ' times already')
        when r.play_id is not null and (r.interrupts or not j.interrupts)
            then concat(r.play, ' runs until ', cast(r.ends_on as varchar))
        when j.unit = 'account' and b.play is not null and (b.interrupts or not j.interrupts)
            then concat(b.play, ' runs for the account until ', cast(b.ends_on as varchar))
        when a.started_on + cast($quiet_days as integer) > $as_of and not j.interrupts
            then concat('addressed on ', cast(a.started_on as varchar), ', quiet until ', cast(a.started_on + cast($quiet_days as integer) as varchar))
    end as blocked
from judged as j
inner join config.play_channels as k
    on k.play = j.play and j.channel_draw >= k.from_limit and j.channel_draw < k.below_limit
left join running_plays as r on r.contact_id = j.contact_id
left join busy_accounts as b on b.account_id = j.unit_id and j.unit = 'account'
left join addressed as a on a.contact_id = j.contact_id
