-- What the units of each declared funnel did: the events that its steps name, signups, activations and first payments; for strict
-- funnels every event. The Query reads whole days received from $first_date on.
with activity as (
    select 'user' as unit, user_id as unit_id, event, event_at, events
    from behavior.step_events
    where received_date between $first_date and $as_of and event_date >= $first_date and event_at < $cut
        and user_id is not null
    union all
    select 'account' as unit, account_id as unit_id, event, event_at, events
    from behavior.step_events
    where received_date between $first_date and $as_of and event_date >= $first_date and event_at < $cut
        and account_id is not null
),
every_activity as (
    select 'user' as unit, user_id as unit_id, event, event_at
    from resolved_events
    where event_date >= $first_date and event_at < $cut and user_id is not null
    union all
    select 'account' as unit, account_id as unit_id, event, event_at
    from resolved_events
    where event_date >= $first_date and event_at < $cut and account_id is not null
),
billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
),
paid as (
    select account_id, min(started_at) as happened_at
    from known_subscriptions
    where not coalesce(trial, false) and mrr > 0
    group by account_id
),
upgraded as (
    select unit, unit_id, min(first_at) as happened_at
    from behavior.milestones
    where received_date <= $as_of and role = 'plan_upgraded'
    group by unit, unit_id
),
facts as (
    select unit, unit_id, 'signup' as source, signup_at as happened_at
    from signups
    where signup_date >= $first_date
    union all
    select
        s.unit, s.unit_id, 'paid' as source,
        case
            when b.has_subscriptions then p.happened_at
            else least(coalesce(own.happened_at, team.happened_at), coalesce(team.happened_at, own.happened_at))
        end as happened_at
    from signups as s
    cross join billed as b
    left join paid as p on p.account_id = s.account_id
    left join upgraded as own on own.unit = s.unit and own.unit_id = s.unit_id
    left join upgraded as team on team.unit = 'account' and team.unit_id = s.account_id
),
activated as (
    select unit, unit_id, min(first_at) as happened_at
    from behavior.milestones
    where received_date <= $as_of and role = 'activation'
    group by unit, unit_id
),
served as (
    select distinct line, unit, ordering, source, event
    from funnel_plan
    where place is not null
)
select s.line, a.unit_id, a.event_at as happened_at, 'event' as source, a.event, a.events as copies
from activity as a
inner join served as s on s.unit = a.unit and s.source = 'event' and s.event = a.event and s.ordering <> 'strict'
union all
select l.line, a.unit_id, a.event_at as happened_at, 'event' as source, a.event, 1 as copies
from every_activity as a
inner join (
    select unit, line, bool_or(source = 'signup') as knows_signups from served where ordering = 'strict' group by unit, line
) as l
    on l.unit = a.unit
where not (l.knows_signups and a.event in (select event from config.event_roles where role = 'signup'))
union all
select s.line, f.unit_id, f.happened_at, f.source, s.event, 1 as copies
from facts as f
inner join served as s on s.unit = f.unit and s.source = f.source
where f.happened_at < $cut
union all
select s.line, r.unit_id, r.happened_at, 'activation' as source, s.event, 1 as copies
from activated as r
inner join served as s on s.unit = r.unit and s.source = 'activation'
where r.happened_at < $cut
