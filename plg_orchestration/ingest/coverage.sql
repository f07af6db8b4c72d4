-- The events received on the as-of day and in the weeks before it, beside those that are expected: what came, what did not,
-- what nobody named, how much is usual, and how long the events of the day had been under way.
with expectations as (
    select
        event,
        coalesce(bool_or(expectation = 'expected'), false) and not coalesce(bool_or(expectation = 'seldom'), false) as expected
    from (
        select event, 'expected' as expectation from config.event_roles where event is not null
        union all
        select event, 'known' as expectation from config.passive_events
        union all
        select event, expectation from config.instrumented_events
    ) as listed
    group by event
),
waits as (
    select
        coalesce(d.event, '(other names)') as event, e.user_id,
        date_diff('second', e.event_at, e.received_at) / 3600.0 as lag_hours
    from ingest.events as e
    left join coverage_days as d on d.day = $as_of and d.event = e.event
    where e.received_date = $as_of and e.kind in ('track', 'page', 'screen')
),
arrived as (
    select
        event, count(distinct user_id) as users, count(*) filter (where lag_hours > $late_hours) as late_events,
        median(lag_hours) as median_lag_hours, max(lag_hours) as longest_lag_hours,
        percentile_cont(0.95) within group (order by lag_hours) as p95_lag_hours
    from waits
    group by event
),
windows as (
    select
        event, max(kind) as any_kind, max(case when day = $as_of then kind end) as kind,
        cast(sum(case when day = $as_of then events else 0 end) as bigint) as events,
        cast(sum(case when day > $as_of - 7 then events else 0 end) as bigint) as events_7_days,
        cast(sum(case when day > $as_of - 28 then events else 0 end) as bigint) as events_28_days,
        max(day) as last_seen
    from coverage_days
    group by event
),
joined as (
    select
        coalesce(w.event, n.event) as event, w.kind, coalesce(w.any_kind, 'track') as any_kind,
        n.event is not null as named, coalesce(n.expected, false) as expected, coalesce(w.events, 0) as events,
        coalesce(w.events_7_days, 0) as events_7_days, coalesce(w.events_28_days, 0) as events_28_days, w.last_seen,
        replace(replace(replace(lower(coalesce(w.event, n.event)), ' ', ''), '_', ''), '-', '') as letters
    from windows as w
    full outer join expectations as n on n.event = w.event
),
unknown as (
    select event, letters from joined where not named and any_kind = 'track' and event <> '(other names)'
),
candidates as (
    select
        u.event, k.event as nearest, levenshtein(u.letters, k.letters) as distance, length(u.letters) as letters
    from unknown as u
    cross join joined as k
    where k.named and abs(length(u.letters) - length(k.letters)) <= 3
),
hints as (
    select event, nearest, row_number() over (partition by event order by distance, nearest) as place
    from candidates
    where distance <= case when letters >= 12 then 3 when letters >= 6 then 2 else 1 end
)
select
    $as_of as as_of, j.event, j.kind, j.expected, j.named,
    not j.named and j.any_kind = 'track' as unknown,
    j.any_kind <> 'track' or regexp_matches(j.event, cast($naming as varchar)) as well_named,
    h.nearest as nearest_known,
    j.events, coalesce(a.users, 0) as users, j.events_7_days, j.events_28_days, j.last_seen,
    coalesce(j.last_seen > $as_of - cast($seen_days as integer), false) as seen,
    coalesce(v.volume, 'too_new') as volume, coalesce(v.history_days, 0) as history_days,
    v.usual, v.usual_low, v.usual_high,
    a.median_lag_hours, a.p95_lag_hours, cast(a.longest_lag_hours as double) as longest_lag_hours,
    coalesce(a.late_events, 0) as late_events
from joined as j
left join arrived as a on a.event = j.event
left join hints as h on h.event = j.event and h.place = 1
left join coverage_volumes as v on v.event = j.event
where j.expected or j.last_seen is not null
