-- What counts for each condition of a user's activation rule, as known on each day of rule_people: the user's own occurrences,
-- or the first time of each user of the account. `thing` is the item or the person where different ones are counted.
with named as (
    select distinct
        c.rule, c."group", c.position, c.distinct_items, c.within_days, coalesce(c.event, r.event) as event,
        case
            when c.event is not null then c.event
            else coalesce(nullif(r.item, ''), case when r.role in ('core_feature', 'onboarding_step') then r.event else '' end)
        end as item
    from config.activation_conditions as c
    left join config.event_roles as r on c.event is null and r.role = c.role and (c.item is null or c.item = coalesce(
        nullif(r.item, ''), case when r.role in ('core_feature', 'onboarding_step') then r.event else '' end
    ))
    where c.subject = 'user'
),
own as (
    select
        p.received_date, p.user_id, p.rule, n."group", n.position, s.event_at, s.events,
        case when n.distinct_items then n.item else '' end as thing
    from rule_people as p
    inner join behavior.step_events as s on s.user_id = p.user_id and s.received_date <= p.received_date
    inner join named as n on n.rule = p.rule and n.event = s.event
    where n.within_days is null or s.event_at < p.signup_at + n.within_days * interval 1 day
),
teams as (
    select distinct p.received_date, p.account_id, c.subject
    from rule_people as p
    inner join config.activation_conditions as c on c.rule = p.rule and c.subject in ('active_users', 'invites_accepted')
    where p.account_id is not null
),
team_days as (
    select t.received_date, t.account_id, t.subject, d.user_id as member, min(d.first_active_at) as first_at
    from teams as t
    inner join behavior.user_days as d on d.account_id = t.account_id and d.received_date <= t.received_date
    where t.subject = 'active_users' and d.user_id is not null and d.first_active_at is not null
    group by t.received_date, t.account_id, t.subject, d.user_id
    union all
    select t.received_date, t.account_id, t.subject, s.user_id as member, min(s.event_at) as first_at
    from teams as t
    inner join behavior.step_events as s on s.account_id = t.account_id and s.received_date <= t.received_date
    inner join config.event_roles as r on r.event = s.event and r.role = 'invite_accepted'
    where t.subject = 'invites_accepted' and s.user_id is not null
    group by t.received_date, t.account_id, t.subject, s.user_id
),
team as (
    select p.received_date, p.user_id, p.rule, c."group", c.position, t.first_at as event_at, 1 as events, t.member as thing
    from rule_people as p
    inner join config.activation_conditions as c on c.rule = p.rule
    inner join team_days as t on t.account_id = p.account_id and t.received_date = p.received_date and t.subject = c.subject
    where c.within_days is null or t.first_at < p.signup_at + c.within_days * interval 1 day
)
select received_date, user_id, rule, "group", position, event_at, thing, cast(sum(events) as bigint) as events
from (select * from own union all select * from team) as counted
group by received_date, user_id, rule, "group", position, event_at, thing
