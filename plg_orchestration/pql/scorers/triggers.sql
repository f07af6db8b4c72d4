-- Who fired which trigger rule on the day: users who meet all its conditions, with what they did in words.
-- Counts look back over the days before the cut as known by then; a feature has its own window. Who has no row has done nothing.
with population as (
    select user_id, account_id from pql.features where as_of = $as_of
),
counted as (
    select
        d.user_id, c.condition,
        cast(case
            when c.measure = 'active_days' then count(distinct case when d.qualifying_events > 0 then d.event_date end)
            else sum(case c.measure
                when 'qualifying_events' then d.qualifying_events
                when 'core_events' then d.core_events
                when 'sessions' then d.sessions
                when 'items_created' then d.items_created
                when 'collaborations' then d.collaborations
                when 'invites_sent' then d.invites_sent
                when 'invites_accepted' then d.invites_accepted
                when 'limit_hits' then d.limit_hits
                when 'pricing_views' then d.pricing_views
                when 'premium_attempts' then d.premium_attempts
                when 'help_views' then d.help_views
                when 'errors_shown' then d.errors_shown
            end)
        end as double) as value
    from behavior.user_days as d
    inner join config.trigger_conditions as c on c.kind = 'count' and d.event_date > $as_of - c.days
    where d.received_date <= $as_of and d.received_date > $as_of - cast($longest as integer) - 3 and d.event_date <= $as_of
        and d.user_id is not null
    group by d.user_id, c.condition, c.measure
),
used as (
    select f.user_id, c.condition, cast(sum(f.events) as double) as value
    from behavior.user_features as f
    inner join config.trigger_items as i on i.item = f.feature
    inner join config.trigger_conditions as c on c.condition = i.condition and f.event_date > $as_of - c.days
    where f.received_date <= $as_of and f.received_date > $as_of - cast($longest as integer) - 3 and f.event_date <= $as_of
        and f.user_id is not null
    group by f.user_id, c.condition
),
looked as (
    select v.user_id, c.condition, v.value
    from trigger_features as v
    inner join config.trigger_conditions as c on c.kind = 'feature' and c.measure = v.feature
),
known as (
    select * from counted
    union all
    select * from used
    union all
    select * from looked
),
valued as (
    select
        p.user_id, p.account_id, c.trigger, c.rule, c.conditions, c.condition, c.operator, c.threshold, c.said,
        coalesce(k.value, case when c.kind <> 'feature' then 0.0 end) as value
    from population as p
    cross join config.trigger_conditions as c
    left join known as k on k.user_id = p.user_id and k.condition = c.condition
),
met as (
    select *
    from valued
    where case operator
        when '>=' then value >= threshold
        when '>' then value > threshold
        when '<=' then value <= threshold
        when '<' then value < threshold
        else value = threshold
    end
),
fired as (
    select
        user_id, account_id, trigger, rule,
        string_agg(
            concat(
                said, ': ',
                case when value = floor(value) then cast(cast(value as bigint) as varchar) else cast(value as varchar) end
            ),
            '; ' order by condition
        ) as reasons
    from met
    group by user_id, account_id, trigger, rule, conditions
    having count(*) = conditions
),
day_before as (
    select user_id, trigger from pql.triggers where as_of = $as_of - 1
)
select
    $as_of as as_of, f.user_id, f.account_id, f.trigger, f.rule, f.reasons,
    case when $built_before then b.user_id is null end as is_new
from fired as f
left join day_before as b on b.user_id = f.user_id and b.trigger = f.trigger
