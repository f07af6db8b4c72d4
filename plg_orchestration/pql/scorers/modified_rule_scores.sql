-- Points with declared context: `value` is already measured against the user's own kind, and `factor` is what time left of the
-- signal. Points are rounded to whole ones per user; of one tier the one that is worth most counts.
with judged as (
    select
        v.as_of, v.user_id, v.factor, v.age, v.note, p.priority, p.signal, p.criterion, p.tier_group, p.points,
        p.points * v.factor as worth,
        v.value is null as is_unknown,
        coalesce(case p.operator
            when '>=' then v.value >= p.threshold
            when '>' then v.value > p.threshold
            when '<=' then v.value <= p.threshold
            when '<' then v.value < p.threshold
            else v.value = p.threshold
        end, false) as is_met
    from rule_signals as v
    inner join config.rule_points as p on p.priority = v.priority
),
placed as (
    select
        *,
        case when tier_group = '' then 1
            else row_number() over (
                partition by as_of, user_id, is_met, tier_group
                order by case when is_met then worth else points end desc, priority
            )
        end as place,
        case when tier_group = '' then is_met else bool_or(is_met) over (partition by as_of, user_id, tier_group) end as tier_met
    from judged
),
earned as (
    select
        as_of, user_id,
        cast(round(sum(worth)) as integer) as points,
        string_agg(signal, ', ' order by priority) as criteria,
        string_agg(
            case
                when factor < 0.995 or note is not null then concat(
                    criterion, ' (',
                    concat_ws(', ', note, case when factor < 0.995 then concat(
                        cast(round(worth) as integer), ' of ', points, ' points',
                        case when age is not null then concat(' after ', age, ' days') end
                    ) end),
                    ')'
                )
                else criterion
            end, '; ' order by worth desc, priority
        ) as reasons
    from placed
    where is_met and place = 1
    group by as_of, user_id
),
gaps as (
    select *, row_number() over (partition by as_of, user_id order by points desc, priority) as gap_place
    from placed
    where not tier_met and not is_unknown and place = 1 and points > 0
),
missed as (
    select
        as_of, user_id,
        string_agg(concat(points, ' points missing: ', criterion), '; ' order by points desc, priority) as against
    from gaps
    where gap_place <= $most_against
    group by as_of, user_id
)
select
    f.as_of, f.user_id, f.account_id,
    coalesce(e.points, 0) as points,
    coalesce(e.points, 0) >= $threshold as is_pql,
    coalesce(e.criteria, '') as criteria,
    coalesce(e.reasons, '') as reasons,
    coalesce(m.against, '') as against
from scored_features as f
left join earned as e on e.as_of = f.as_of and e.user_id = f.user_id
left join missed as m on m.as_of = f.as_of and m.user_id = f.user_id
