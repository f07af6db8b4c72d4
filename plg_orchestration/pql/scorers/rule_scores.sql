-- Points per user by the points table: of one tier only the highest counts, and unknown features earn nothing.
-- Users who meet the same criteria (bits of `met`) and leave the same ones unknown share everything but their ids.
with combinations as (
    select distinct met, unknown from rule_met
),
judged as (
    select
        c.met, c.unknown, p.priority, p.signal, p.criterion, p.tier_group, p.points,
        (c.met >> (p.priority - 1)) & 1 = 1 as is_met,
        (c.unknown >> (p.priority - 1)) & 1 = 1 as is_unknown
    from combinations as c
    cross join config.rule_points as p
),
placed as (
    select
        *,
        case when tier_group = '' then 1
            else row_number() over (partition by met, unknown, is_met, tier_group order by points desc, priority)
        end as place,
        case when tier_group = '' then is_met else bool_or(is_met) over (partition by met, unknown, tier_group) end as tier_met
    from judged
),
gaps as (
    select *, row_number() over (partition by met, unknown order by points desc, priority) as gap_place
    from placed
    where not tier_met and not is_unknown and place = 1 and points > 0
),
earned as (
    select
        met, unknown,
        cast(sum(points) as integer) as points,
        string_agg(signal, ', ' order by priority) as criteria,
        string_agg(criterion, '; ' order by points desc, priority) as reasons
    from placed
    where is_met and place = 1
    group by met, unknown
),
missed as (
    select
        met, unknown,
        string_agg(concat(points, ' points missing: ', criterion), '; ' order by points desc, priority) as against
    from gaps
    where gap_place <= $most_against
    group by met, unknown
)
select
    r.as_of, r.user_id, r.account_id,
    coalesce(e.points, 0) as points,
    coalesce(e.points, 0) >= $threshold as is_pql,
    coalesce(e.criteria, '') as criteria,
    coalesce(e.reasons, '') as reasons,
    coalesce(m.against, '') as against
from rule_met as r
left join earned as e on e.met = r.met and e.unknown = r.unknown
left join missed as m on m.met = r.met and m.unknown = r.unknown
