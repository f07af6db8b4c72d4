-- Those with whom the exposed are compared, in the form of gate_exposures; `weight` is 1 for a person and -1 where a person must be taken
-- out again: every free and active user of each week, less those who had met the same thing before it; users who saw no guidance;
-- and users who were shown a prompt and did not click on it.
with compared as (
    select distinct kind, item, bucket
    from gate_exposures
    where kind in ('gate', 'pricing') and bucket = 'all' or kind = 'nudge' and bucket = 'shown to goal'
),
roles as (
    select 'gate' as kind, 'limit_hit' as role
    union all
    select 'pricing' as kind, 'pricing_viewed' as role
    union all
    select 'nudge' as kind, 'nudge_viewed' as role
),
met as (
    select c.kind, c.item, c.bucket, f.user_id, min(f.first_at) as met_at
    from compared as c
    inner join roles as r on r.kind = c.kind
    inner join first_prompts as f
        on f.role = r.role and (c.item = 'any' or c.item = coalesce(nullif(f.item, ''), 'limit'))
    group by c.kind, c.item, c.bucket, f.user_id
),
guided as (
    select distinct user_id
    from first_prompts
    where role in ('tour_started', 'tour_completed', 'guidance_dismissed')
),
unguided as (
    select s.unit_id as user_id, s.signup_at as exposed_at, a.activated_at as goal_at
    from signups as s
    left join guided as g on g.user_id = s.unit_id
    left join path_activations as a on a.user_id = s.unit_id
    where s.unit = 'user' and s.signup_at >= $exposed_from and g.user_id is null
)
select '' as kind, '' as item, '' as bucket, user_id, exposed_at, goal_at, 1 as weight
from gate_weeks
union all
select m.kind, m.item, m.bucket, w.user_id, w.exposed_at, w.goal_at, -1 as weight
from gate_weeks as w
inner join met as m on m.user_id = w.user_id and m.met_at < w.exposed_at
union all
select k.kind, k.item, k.bucket, u.user_id, u.exposed_at, u.goal_at, 1 as weight
from unguided as u
cross join (select distinct kind, item, bucket from gate_exposures where kind = 'guidance') as k
union all
select s.kind, s.item, 'clicked to goal' as bucket, s.user_id, s.exposed_at, s.goal_at, 1 as weight
from gate_exposures as s
left join gate_exposures as c
    on c.kind = s.kind and c.item = s.item and c.bucket = 'clicked to goal' and c.user_id = s.user_id
where s.kind = 'nudge' and s.bucket = 'shown to goal' and c.user_id is null
