-- Which properties came with each event on the as-of day, and which are new, have vanished or changed their type.
-- If nothing had changed, the e calls with a property could be any of its event's N calls: that all of them are among the last M
-- (or, when it is gone, the first M) happens with a probability of about (M / N)^e. A type that had the share p before comes n
-- times as the most frequent one with a probability of at most (4 p)^n.
with calls as (
    select day, event, sum(events) as events
    from coverage_days
    where day >= $first_day
    group by day, event
),
spans as (
    select
        event, property, min(day) as first_seen, max(day) as last_seen, sum(events) as events,
        sum(case when day = $as_of then events else 0 end) as events_today,
        sum(case when day = $as_of then texts else 0 end) as texts,
        sum(case when day = $as_of then numbers else 0 end) as numbers,
        sum(case when day = $as_of then booleans else 0 end) as booleans,
        sum(case when day = $as_of then structures else 0 end) as structures,
        sum(case when day < $as_of then texts else 0 end) as texts_before,
        sum(case when day < $as_of then numbers else 0 end) as numbers_before,
        sum(case when day < $as_of then booleans else 0 end) as booleans_before,
        sum(case when day < $as_of then structures else 0 end) as structures_before
    from property_days
    group by event, property
),
placed as (
    select
        s.event, s.property, s.first_seen, s.last_seen, s.events_today, s.events,
        s.texts, s.numbers, s.booleans, s.structures,
        s.texts_before + s.numbers_before + s.booleans_before + s.structures_before as events_before,
        coalesce(sum(case when c.day = $as_of then c.events else 0 end), 0) as calls_today,
        cast(sum(c.events) as double) as calls, sum(case when c.day >= s.first_seen then c.events end) as calls_from,
        sum(case when c.day <= s.last_seen then c.events end) as calls_until,
        greatest(s.texts, s.numbers, s.booleans, s.structures) as most,
        greatest(s.texts_before, s.numbers_before, s.booleans_before, s.structures_before) as most_before,
        s.texts_before, s.numbers_before, s.booleans_before, s.structures_before
    from spans as s
    inner join calls as c on c.event = s.event
    group by all
),
judged as (
    select
        *,
        case
            when events_today = 0 then null
            when texts = most then 'text' when numbers = most then 'number' when booleans = most then 'boolean'
            else 'structure'
        end as type,
        case
            when events_before = 0 then null
            when texts_before = most_before then 'text' when numbers_before = most_before then 'number'
            when booleans_before = most_before then 'boolean' else 'structure'
        end as type_before,
        events * ln(calls_from / calls) as new_chance, events * ln(calls_until / calls) as vanished_chance
    from placed
),
compared as (
    select
        *,
        case type
            when 'text' then texts_before when 'number' then numbers_before when 'boolean' then booleans_before
            else structures_before
        end as like_before
    from judged
)
select
    $as_of as as_of, event, property, cast(events_today as bigint) as events, cast(calls_today as bigint) as of_events,
    cast(texts as bigint) as texts, cast(numbers as bigint) as numbers, cast(booleans as bigint) as booleans,
    cast(structures as bigint) as structures, first_seen, last_seen, type, type_before,
    case
        when first_seen > $as_of - cast($report_days as integer) and new_chance < ln($chance) then 'new'
        when last_seen >= $as_of - cast($report_days as integer) and last_seen < $as_of and vanished_chance < ln($chance)
            then 'vanished'
        when type <> type_before and most * ln(4 * (like_before + 1.0) / (events_before + 2.0)) < ln($chance) then 'type'
        else 'none'
    end as change
from compared
