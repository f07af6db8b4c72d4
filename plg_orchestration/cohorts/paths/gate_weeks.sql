-- The free users who were active in the week before each mark (7, 14, ... days before the end of the as-of day), and when
-- whoever pays for them upgraded after it.
with marks as (
    select
        cast(week as integer) as week,
        (cast($as_of + 1 - 7 * cast(week as integer) as timestamp) at time zone $timezone) at time zone 'UTC' as marked_at
    from (select unnest(range(1, $weeks + 1)) as week) as weeks
),
present as (
    select v.unit_id as user_id, m.marked_at
    from activity as v
    inner join marks as m on (v.days >> (7 * m.week)) & 127 > 0
    where v.unit = 'user'
)
select
    p.user_id, p.marked_at as exposed_at, min(x.paid_from) filter (where x.paid_from >= p.marked_at) as goal_at
from present as p
inner join signups as s on s.unit = 'user' and s.unit_id = p.user_id and s.signup_at < p.marked_at
left join paid_spans as x
    on x.unit = case when s.account_id is null then 'user' else 'account' end and x.unit_id = coalesce(s.account_id, p.user_id)
group by p.user_id, p.marked_at
having count(*) filter (where x.paid_from < p.marked_at and x.paid_until > p.marked_at) = 0
