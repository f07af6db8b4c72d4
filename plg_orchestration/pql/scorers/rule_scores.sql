-- Points per user by the points table: of one tier only the highest counts, and unknown features earn nothing.
with met as (
    select v.as_of, v.user_id, p.priority, p.signal, p.criterion, p.tier_group, p.points
    from rule_values as v
    inner join config.rule_points as p on p.priority = v.priority
    where case p.operator
        when '>=' then v.value >= p.threshold
        when '>' then v.value > p.threshold
        when '<=' then v.value <= p.threshold
        when '<' then v.value < p.threshold
        else v.value = p.threshold
    end
),
counted as (
    select
        *,
        case when tier_group = '' then 1
            else row_number() over (partition by as_of, user_id, tier_group order by points desc, priority)
        end as place
    from met
),
totals as (
    select
        as_of, user_id,
        cast(sum(points) as integer) as points,
        string_agg(signal, ', ' order by priority) as criteria,
        string_agg(criterion, '; ' order by points desc, priority) as reasons
    from counted
    where place = 1
    group by as_of, user_id
)
select
    f.as_of, f.user_id, f.account_id,
    coalesce(t.points, 0) as points,
    coalesce(t.points, 0) >= $threshold as is_pql,
    coalesce(t.criteria, '') as criteria,
    coalesce(t.reasons, '') as reasons
from scored_features as f
left join totals as t on t.as_of = f.as_of and t.user_id = f.user_id
