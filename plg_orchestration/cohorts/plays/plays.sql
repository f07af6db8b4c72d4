-- The night's plays: those that run on, and of those due, one a person and one an account by priority, within the daily caps.
with free as (
    select
        play, unit, unit_id, contact_id, channel, actor, priority, strength, tie, holdout,
        row_number() over (partition by unit, unit_id order by priority, strength desc, tie) as unit_place,
        first_value(play) over (partition by unit, unit_id order by priority, strength desc, tie) as unit_first
    from play_candidates
    where blocked is null
),
addressed as (
    select
        play, unit, unit_id, contact_id, channel, actor, priority, strength, tie, holdout,
        row_number() over (
            partition by coalesce(contact_id, concat(play, '|', unit_id)) order by priority, strength desc, tie
        ) as person_place,
        first_value(play) over (
            partition by coalesce(contact_id, concat(play, '|', unit_id)) order by priority, strength desc, tie
        ) as person_first
    from free
    where unit_place = 1
),
chosen as (
    select * from addressed where person_place = 1
),
in_channel as (
    select
        c.*, k.per_day as channel_cap,
        coalesce(sum(case when c.holdout then 0 else 1 end) over (
            partition by c.channel order by c.priority, c.strength desc, c.tie rows between unbounded preceding and 1 preceding
        ), 0) as channel_before
    from chosen as c
    left join config.play_caps as k on k.kind = 'channel' and k.name = c.channel
),
by_actor as (
    select
        c.*, k.per_day as actor_cap,
        coalesce(sum(case when c.holdout or coalesce(c.channel_before >= c.channel_cap, false) then 0 else 1 end) over (
            partition by c.actor order by c.priority, c.strength desc, c.tie rows between unbounded preceding and 1 preceding
        ), 0) as actor_before
    from in_channel as c
    left join config.play_caps as k on k.kind = 'actor' and k.name = c.actor
),
decided as (
    select
        play, unit, unit_id, blocked as suppressed_reason, 'suppressed' as status
    from play_candidates
    where blocked is not null
    union all
    select play, unit, unit_id, concat(unit_first, ' comes first') as suppressed_reason, 'suppressed' as status
    from free
    where unit_place > 1
    union all
    select play, unit, unit_id, concat(person_first, ' comes first') as suppressed_reason, 'suppressed' as status
    from addressed
    where person_place > 1
    union all
    select
        play, unit, unit_id,
        case
            when channel_before >= channel_cap then concat(cast(channel_cap as varchar), ' a day through the channel ', channel)
            when actor_before >= actor_cap then concat(cast(actor_cap as varchar), ' a day by the actor ', actor)
        end as suppressed_reason,
        case when channel_before >= channel_cap or actor_before >= actor_cap then 'queued' else 'live' end as status
    from by_actor
),
due as (
    select c.*, d.status, d.suppressed_reason
    from play_candidates as c
    inner join decided as d on d.play = c.play and d.unit_id = c.unit_id
),
begun as (
    select contact_id, unit, unit_id, play from due where status = 'live'
),
interrupted as (
    select
        r.play_id,
        min(coalesce(p.play, u.play)) as play
    from running_plays as r
    left join begun as p on p.contact_id = r.contact_id
    left join begun as u on u.unit = r.unit and u.unit_id = r.unit_id
    where p.play is not null or u.play is not null
    group by r.play_id
)
select
    $as_of as as_of,
    md5(concat_ws('|', 'play', cast($as_of as varchar), play, unit, unit_id)) as play_id,
    play, unit, unit_id, account_id, contact_id, channel, actor, owner, priority, strength, reason, evidence, handover, holdout,
    case when status = 'live' then $as_of end as started_on,
    case when status = 'live' then $as_of + runs_days end as ends_on,
    case when status = 'live' then $as_of + cooldown_days else cooldown_until end as cooldown_until,
    cast(attempt as integer) as attempt, sla_minutes,
    case when status = 'live' and not holdout then $cut + sla_minutes * interval '1' minute end as due_at,
    status, suppressed_reason
from due
union all
select
    $as_of as as_of,
    r.play_id, r.play, r.unit, r.unit_id, r.account_id, r.contact_id, r.channel, r.actor, r.owner, r.priority, r.strength,
    r.reason, r.evidence, r.handover, r.holdout, r.started_on, r.ends_on, r.cooldown_until, r.attempt, r.sla_minutes, r.due_at,
    case when i.play_id is null then 'live' else 'suppressed' end as status,
    case when i.play_id is not null then concat('interrupted by ', i.play) end as suppressed_reason
from running_plays as r
left join interrupted as i on i.play_id = r.play_id
