-- Each user's score after every change, and (at_end) at the end of the days by which it is kept and of the as-of day.
with ages as (
    select age_days from (values (1), (2), (3), (7), (14), (30)) as kept (age_days)
    union
    select cast($extra_age as integer) as age_days
),
ends as (
    select u.user_id, a.age_days
    from score_users as u
    inner join ages as a on u.signup_date + a.age_days <= $as_of
    where a.age_days <= $window_days
    union
    select user_id, date_diff('day', signup_date, $as_of) as age_days
    from score_users
    where date_diff('day', signup_date, $as_of) <= $window_days
),
moments as (
    select user_id, age_days, false as at_end, happened_at, progress, core_events, points from score_changes
    union all
    select user_id, age_days, true as at_end, null as happened_at, 0.0 as progress, 0.0 as core_events, 0.0 as points from ends
),
running as (
    select
        user_id, age_days, at_end, happened_at,
        sum(progress) over (partition by user_id order by age_days, at_end, happened_at) as progress,
        sum(core_events) over (partition by user_id order by age_days, at_end, happened_at) as core_events,
        sum(points) over (partition by user_id order by age_days, at_end, happened_at) as points
    from moments
),
inputs as (
    select
        r.user_id, r.age_days, r.at_end, r.happened_at, r.core_events,
        case when t.has_progress then least(100.0 * r.progress, 100.0) end as progress,
        case when t.has_workflow then least(100.0 * r.core_events / l.core_level, 100.0) end as workflow,
        case when t.has_collaboration then least(r.points, 100.0) end as collaboration
    from running as r
    inner join core_levels as l on l.age_days = r.age_days
    cross join score_terms as t
)
select
    *,
    round(
        (
            coalesce($progress_weight * progress, 0) + coalesce($workflow_weight * workflow, 0)
            + coalesce($collaboration_weight * collaboration, 0)
        ) / nullif(
            case when progress is null then 0 else cast($progress_weight as double) end
            + case when workflow is null then 0 else cast($workflow_weight as double) end
            + case when collaboration is null then 0 else cast($collaboration_weight as double) end, 0
        ), 6
    ) as score
from inputs
