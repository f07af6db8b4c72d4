-- Each entrant once over the whole span and once in each week in which it began an attempt: how far its best attempt got, and
-- which one is the best of those whose window is over (the furthest, then the earliest). The whole span is week 1900-01-01.
-- Attempts are named by positions below 1e9, so that the least of (100 - depth) * 1e9 + attempt is the best one.
with windows as (
    select distinct line, window_seconds
    from funnel_plan
    where place is not null
),
tries as (
    select
        a.line, a.who, a.attempt, max(a.step) as depth,
        min(a.started_at) + max(w.window_seconds) * interval 1 second <= $cut as closed,
        cast(date_trunc('week', cast((min(a.started_at) at time zone 'UTC') at time zone $timezone as date)) as date) as week
    from funnel_attempts as a
    inner join windows as w on w.line = a.line
    group by a.line, a.who, a.attempt
),
cells as (
    select
        line, who, depth, (100 - depth) * cast(1000000000 as bigint) + attempt as rank, closed,
        date '1900-01-01' as cohort_week
    from tries
    union all
    select line, who, depth, (100 - depth) * cast(1000000000 as bigint) + attempt as rank, closed, week as cohort_week
    from tries
    where $by_week
)
select
    line, who, cohort_week, max(depth) as depth,
    cast(min(rank) filter (where closed) % 1000000000 as integer) as best_attempt
from cells
group by line, who, cohort_week
