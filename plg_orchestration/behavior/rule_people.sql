-- Users about whom something that the activation rules count became known on each received day, with their signup, account
-- and rule as known by the end of it. What happened after a moment that was known before can make no moment earlier.
with counted as (
    select distinct coalesce(c.event, r.event) as event
    from config.activation_conditions as c
    left join config.event_roles as r on r.role = c.role
),
asked as (
    select
        count(*) > 0 as any_rule,
        count(*) filter (where subject = 'active_users') > 0 as team_activity,
        count(*) filter (where subject = 'invites_accepted') > 0 as team_invites
    from config.activation_conditions
),
team_news as (
    select s.received_date, s.account_id, min(s.event_at) as news_at
    from behavior.step_events as s
    inner join config.event_roles as r on r.event = s.event and r.role = 'invite_accepted'
    cross join asked as k
    where k.team_invites and s.received_date between $first_day and $as_of and s.account_id is not null
    group by s.received_date, s.account_id
    union all
    select d.received_date, d.account_id, min(d.first_active_at) as news_at
    from behavior.user_days as d
    cross join asked as k
    where
        k.team_activity and d.received_date between $first_day and $as_of and d.account_id is not null
        and d.first_active_at is not null
    group by d.received_date, d.account_id
),
members as (
    select distinct u.account_id, u.user_id
    from ingest.users as u
    cross join asked as k
    where (k.team_activity or k.team_invites) and u.known_date <= $as_of and u.account_id is not null
),
news as (
    select s.received_date, s.user_id, s.event_at as news_at
    from behavior.step_events as s
    inner join counted as c on c.event = s.event
    where s.received_date between $first_day and $as_of and s.user_id is not null
    union all
    select t.received_date, m.user_id, t.news_at
    from team_news as t
    inner join members as m on m.account_id = t.account_id
    union all
    -- A signup, an account or a persona that became known may change what counts at any time.
    select u.known_date as received_date, u.user_id, timestamp '0001-01-01 00:00:00' as news_at
    from ingest.users as u
    cross join asked as k
    where k.any_rule and u.known_date between $first_day and $as_of
),
touched as (
    select received_date, user_id, min(news_at) as news_at from news group by received_date, user_id
),
known as (
    select m.unit_id as user_id, min(m.first_at) as activated_at
    from behavior.milestones as m
    inner join (select distinct user_id from touched) as t on t.user_id = m.unit_id
    where m.unit = 'user' and m.role = 'activation' and m.received_date < $first_day
    group by m.unit_id
),
open as (
    select t.received_date, t.user_id
    from touched as t
    left join known as k on k.user_id = t.user_id
    where k.activated_at is null or t.news_at < k.activated_at
),
versions as (
    select
        o.received_date, o.user_id, u.account_id, u.signup_at, u.known_at, u.origin, u.role, u.country, u.region, u.language,
        u.device, u.acquisition_channel,
        u.origin in ('source', 'identify', 'group', 'signup') as told,
        row_number() over (
            partition by o.received_date, o.user_id order by u.known_at, u.file_id, u.line, u.origin
        ) as version
    from open as o
    inner join ingest.users as u on u.user_id = o.user_id and u.known_date <= o.received_date
),
described as (
    -- The same rules as known_users.
    select
        received_date, user_id,
        coalesce(
            arg_max(account_id, version) filter (where told and account_id is not null),
            arg_max(account_id, version) filter (where account_id is not null)
        ) as account_id,
        coalesce(
            min(signup_at) filter (where origin = 'signup'),
            arg_max(signup_at, version) filter (where told and signup_at is not null),
            min(signup_at),
            min(known_at)
        ) as signup_at,
        arg_max(role, version) filter (where role is not null) as role,
        coalesce(
            arg_max(country, version) filter (where told and country is not null),
            arg_min(country, version) filter (where country is not null)
        ) as country,
        coalesce(
            arg_max(region, version) filter (where told and region is not null),
            arg_min(region, version) filter (where region is not null)
        ) as region,
        coalesce(
            arg_max(language, version) filter (where told and language is not null),
            arg_min(language, version) filter (where language is not null)
        ) as language,
        coalesce(
            arg_max(device, version) filter (where told and device is not null),
            arg_min(device, version) filter (where device is not null)
        ) as device,
        arg_max(acquisition_channel, version) filter (where acquisition_channel is not null) as acquisition_channel
    from versions
    group by received_date, user_id
),
standard as (
    select rule from config.activation_rules where value is null
)
select d.received_date, d.user_id, d.account_id, d.signup_at, coalesce(r.rule, s.rule) as rule
from described as d
cross join standard as s
left join config.activation_rules as r
    on r.value is not null and r.value = case r.attribute
        when 'role' then d.role
        when 'country' then d.country
        when 'region' then d.region
        when 'language' then d.language
        when 'device' then d.device
        when 'acquisition_channel' then d.acquisition_channel
    end
