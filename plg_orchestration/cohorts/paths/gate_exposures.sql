-- Who first met a limit, the price, a prompt or guidance in the window of exposures, and when the goal was reached afterwards: the
-- upgrade of whoever pays, the click on the prompt, or the activation. Nobody who pays already is exposed to an upgrade.
with prompts as (
    select 'gate' as kind, coalesce(nullif(item, ''), 'limit') as item, user_id, unit, unit_id, first_at as exposed_at
    from first_prompts
    where role = 'limit_hit'
    union all
    select 'gate' as kind, 'any' as item, user_id, unit, unit_id, min(first_at) as exposed_at
    from first_prompts
    where role = 'limit_hit'
    group by user_id, unit, unit_id
    union all
    select 'pricing' as kind, 'any' as item, user_id, unit, unit_id, min(first_at) as exposed_at
    from first_prompts
    where role = 'pricing_viewed'
    group by user_id, unit, unit_id
    union all
    select 'nudge' as kind, item, user_id, unit, unit_id, first_at as exposed_at
    from first_prompts
    where role = 'nudge_viewed' and item <> ''
    union all
    select 'nudge' as kind, 'any' as item, user_id, unit, unit_id, min(first_at) as exposed_at
    from first_prompts
    where role = 'nudge_viewed'
    group by user_id, unit, unit_id
),
clicks as (
    select item, user_id, first_at as clicked_at
    from first_prompts
    where role = 'nudge_clicked' and item <> ''
    union all
    select 'any' as item, user_id, min(first_at) as clicked_at
    from first_prompts
    where role = 'nudge_clicked'
    group by user_id
),
shown as (
    select p.kind, p.item, p.user_id, p.unit, p.unit_id, p.exposed_at, c.clicked_at
    from prompts as p
    left join clicks as c on p.kind = 'nudge' and c.item = p.item and c.user_id = p.user_id and c.clicked_at >= p.exposed_at
),
recent as (
    select
        kind, item, case when kind = 'nudge' then 'shown to goal' else 'all' end as bucket, user_id, unit, unit_id, exposed_at,
        clicked_at
    from shown
    where exposed_at >= $exposed_from and exposed_at < $cut
    union all
    select kind, item, 'clicked to goal' as bucket, user_id, unit, unit_id, clicked_at as exposed_at, clicked_at
    from shown
    where clicked_at >= $exposed_from and clicked_at < $cut
),
priced as (
    select
        r.kind, r.item, r.bucket, r.user_id, r.exposed_at, r.clicked_at,
        min(s.paid_from) filter (where s.paid_from >= r.exposed_at) as upgraded_at
    from recent as r
    left join paid_spans as s on s.unit = r.unit and s.unit_id = r.unit_id
    group by r.kind, r.item, r.bucket, r.user_id, r.exposed_at, r.clicked_at
    having count(*) filter (where s.paid_from < r.exposed_at and s.paid_until > r.exposed_at) = 0
),
earlier as (
    select
        p.kind, p.item, p.user_id, coalesce(sum(d.sessions), 0) as sessions, coalesce(sum(d.core_events), 0) as core_events
    from priced as p
    left join behavior.user_days as d
        on d.user_id = p.user_id and d.received_date between $before_from - 1 and $as_of
        and d.event_date between $before_from and $as_of
        and d.event_date < cast((p.exposed_at at time zone 'UTC') at time zone $timezone as date)
        and d.event_date >= cast((p.exposed_at at time zone 'UTC') at time zone $timezone as date) - cast($lookback_days as integer)
    where p.bucket in ('all', 'shown to goal')
    group by p.kind, p.item, p.user_id
),
guided as (
    select
        case f.role when 'tour_started' then 'started' when 'tour_completed' then 'completed' else 'dismissed' end as item,
        f.user_id, min(f.first_at) as exposed_at, min(a.activated_at) as activated_at
    from first_prompts as f
    left join path_activations as a on a.user_id = f.user_id
    where
        f.role in ('tour_started', 'tour_completed', 'guidance_dismissed')
        and f.first_at < f.signup_at + cast($guidance_days as integer) * interval 1 day
    group by f.role, f.user_id
)
select
    kind, item, bucket, case when bucket = 'clicked to goal' then 3 when kind = 'nudge' then 2 else 0 end as place, user_id,
    exposed_at, upgraded_at as goal_at
from priced
union all
select kind, item, 'shown to clicked' as bucket, 1 as place, user_id, exposed_at, clicked_at as goal_at
from priced
where bucket = 'shown to goal'
union all
select p.kind, p.item, b.bucket, b.place, p.user_id, p.exposed_at, p.upgraded_at as goal_at
from priced as p
inner join earlier as n on n.kind = p.kind and n.item = p.item and n.user_id = p.user_id
inner join config.path_buckets as b on b.kind = 'gate' and n.sessions >= b.low and (b.high is null or n.sessions <= b.high)
where p.kind = 'gate'
union all
select 'timing' as kind, 'first prompt' as item, b.bucket, b.place, p.user_id, p.exposed_at, p.upgraded_at as goal_at
from priced as p
inner join earlier as n on n.kind = p.kind and n.item = p.item and n.user_id = p.user_id
inner join config.path_buckets as b
    on b.kind = 'timing' and n.core_events >= b.low and (b.high is null or n.core_events <= b.high)
where p.kind = 'nudge' and p.item = 'any' and p.bucket = 'shown to goal'
union all
select 'guidance' as kind, item, 'all' as bucket, 0 as place, user_id, exposed_at, activated_at as goal_at
from guided
where exposed_at >= $exposed_from and exposed_at < $cut and (activated_at is null or activated_at >= exposed_at)
