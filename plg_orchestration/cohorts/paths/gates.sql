-- Of those exposed, how many had their whole window and reached the goal in it, and the same of those with whom they are compared.
with windows as (
    select cast(unnest($windows) as integer) as window_days
),
exposed as (
    select
        e.kind, e.item, e.bucket, min(e.place) as place, w.window_days,
        count(*) as exposed,
        count(*) filter (where e.exposed_at + w.window_days * interval 1 day <= $cut) as mature_exposed,
        count(*) filter (
            where e.exposed_at + w.window_days * interval 1 day <= $cut
            and e.goal_at >= e.exposed_at and e.goal_at < e.exposed_at + w.window_days * interval 1 day
        ) as converted
    from gate_exposures as e
    cross join windows as w
    group by e.kind, e.item, e.bucket, w.window_days
),
others as (
    select
        c.kind, c.item, c.bucket, w.window_days,
        sum(c.weight) as others,
        sum(case when c.goal_at < c.exposed_at + w.window_days * interval 1 day then c.weight else 0 end) as others_converted,
        count(distinct c.user_id) as persons
    from gate_comparisons as c
    cross join windows as w
    where c.exposed_at + w.window_days * interval 1 day <= $cut
    group by c.kind, c.item, c.bucket, w.window_days
)
select
    e.kind, e.item, e.bucket, e.place, e.window_days, e.exposed, e.mature_exposed, e.converted,
    cast(coalesce(o.others, 0) + coalesce(x.others, 0) as bigint) as others,
    cast(coalesce(o.others_converted, 0) + coalesce(x.others_converted, 0) as bigint) as others_converted,
    coalesce(cast(x.persons as double) / nullif(x.others, 0), 1.0) as persons_per_other
from exposed as e
left join others as o on o.kind = e.kind and o.item = e.item and o.bucket = e.bucket and o.window_days = e.window_days
left join others as x
    on x.kind = '' and x.window_days = e.window_days
    and (e.kind in ('gate', 'pricing') and e.bucket = 'all' or e.kind = 'nudge' and e.bucket = 'shown to goal')
order by e.kind, e.item, e.place, e.window_days
