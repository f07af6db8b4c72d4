-- Adherence = contacted in time / due, by team and by the day and week in which leads were due, with Wilson's interval (1927).
with leads as (
    select
        route, status,
        cast((due_at at time zone 'UTC') at time zone $timezone as date) as due_on
    from pql.sla
    where as_of = $as_of and target = $target and is_due
),
dated as (
    select route, status, 'day' as period, due_on as period_start from leads
    union all
    select route, status, 'week' as period, cast(date_trunc('week', due_on) as date) as period_start from leads
),
spread as (
    select route, status, period, period_start from dated
    union all
    select 'all' as route, status, period, period_start from dated
),
counted as (
    select
        route, period, period_start, count(*) as due, count(*) filter (where status = 'in_time') as in_time,
        count(*) filter (where status = 'late') as late, count(*) filter (where status = 'breached') as breached
    from spread
    group by route, period, period_start
),
teams as (
    select distinct route from pql.sla where as_of = $as_of and target = $target
    union
    select 'all' as route
),
tonight as (
    select route, 'day' as period, cast($as_of as date) as period_start from teams
    union all
    select route, 'week' as period, cast(date_trunc('week', cast($as_of as date)) as date) as period_start from teams
),
listed as (
    select
        coalesce(c.route, t.route) as route, coalesce(c.period, t.period) as period,
        coalesce(c.period_start, t.period_start) as period_start,
        coalesce(c.due, 0) as due, coalesce(c.in_time, 0) as in_time, coalesce(c.late, 0) as late, coalesce(c.breached, 0) as breached
    from counted as c
    full join tonight as t on t.route = c.route and t.period = c.period and t.period_start = c.period_start
),
rated as (
    select
        *,
        case when due > 0 then cast(in_time as double) / due end as adherence,
        case when due > 0 then
            greatest((in_time + $z * $z / 2 - $z * sqrt(cast(in_time as double) * (due - in_time) / due + $z * $z / 4)) / (due + $z * $z), 0)
        end as ci_low,
        case when due > 0 then
            least((in_time + $z * $z / 2 + $z * sqrt(cast(in_time as double) * (due - in_time) / due + $z * $z / 4)) / (due + $z * $z), 1)
        end as ci_high
    from listed
)
select
    $as_of as as_of, $target as target, route, period, period_start, due, in_time, late, breached, adherence,
    ci_low, ci_high, cast($goal as double) as goal,
    case
        when due = 0 then 'insufficient'
        when adherence >= $goal then 'pass'
        when ci_high < $goal then 'fail'
        else 'warn'
    end as verdict
from rated
