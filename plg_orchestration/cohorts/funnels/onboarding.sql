-- How many of those who signed up did each onboarding step within $days days (24 hours each), by week of signup and overall.
-- Week 1900-01-01 stands for all weeks together until the end.
with steps as (
    select cast(row_number() over (order by place, item) as integer) as step, item
    from (
        select coalesce(nullif(item, ''), event) as item, min(step) as place
        from config.event_roles
        where role = 'onboarding_step'
        group by coalesce(nullif(item, ''), event)
    ) as items
),
first_times as (
    select m.unit, m.unit_id, s.step, min(m.first_at) as done_at
    from behavior.milestones as m
    inner join steps as s on s.item = m.item
    where m.received_date <= $as_of and m.role = 'onboarding_step'
    group by m.unit, m.unit_id, s.step
),
newcomers as (
    select
        unit, unit_id, signup_at, cast(date_trunc('week', signup_date) as date) as cohort_week,
        signup_at + $days * interval 1 day <= $cut as mature
    from signups
    where signup_date >= $first_date
),
chances as (
    select
        n.unit, n.unit_id, n.cohort_week, n.mature, s.step, s.item, n.signup_at,
        case when f.done_at < n.signup_at + $days * interval 1 day then f.done_at end as done_at
    from newcomers as n
    cross join steps as s
    left join first_times as f on f.unit = n.unit and f.unit_id = n.unit_id and f.step = s.step
),
followed as (
    select
        unit, cohort_week, mature, step, item, signup_at, done_at,
        lag(done_at) over (partition by unit, unit_id order by step) as previous_at,
        max(case when done_at is null then 1 else 0 end) over (
            partition by unit, unit_id order by step rows between unbounded preceding and current row
        ) = 0 as all_so_far
    from chances
),
cells as (
    select f.*, w.whole
    from followed as f
    cross join (values (true), (false)) as w(whole)
),
counted as (
    select
        unit, case when whole then date '1900-01-01' else cohort_week end as cohort_week, step, item,
        count(*) as signups,
        count(*) filter (where mature) as mature_signups,
        count(*) filter (where mature and done_at is not null) as completed,
        count(*) filter (where mature and all_so_far) as completed_through,
        count(*) filter (where mature and previous_at is not null) as did_previous,
        count(*) filter (where mature and previous_at is not null and done_at is not null) as did_both,
        count(*) filter (where mature and done_at >= previous_at) as did_in_order,
        quantile_cont(
            case when mature and done_at is not null then date_diff('millisecond', signup_at, done_at) / 1000.0 end, 0.5
        ) as from_signup_p50
    from cells
    group by unit, case when whole then date '1900-01-01' else cohort_week end, step, item
)
select
    $as_of as as_of, unit, nullif(cohort_week, date '1900-01-01') as cohort_week, step, item as name, signups, mature_signups,
    completed,
    cast(completed as double) / nullif(mature_signups, 0) as rate,
    case when mature_signups > 0 then greatest(0.0, (completed + 1.920729410347062) / (mature_signups + 3.841458820694124)
        - 1.959963984540054 * sqrt(cast(completed as double) * (mature_signups - completed) / mature_signups + 0.960364705173531)
        / (mature_signups + 3.841458820694124)) end as ci_low,
    case when mature_signups > 0 then least(1.0, (completed + 1.920729410347062) / (mature_signups + 3.841458820694124)
        + 1.959963984540054 * sqrt(cast(completed as double) * (mature_signups - completed) / mature_signups + 0.960364705173531)
        / (mature_signups + 3.841458820694124)) end as ci_high,
    completed_through,
    cast(completed_through as double) / nullif(mature_signups, 0) as rate_through,
    case when step > 1 then 1.0 - cast(did_both as double) / nullif(did_previous, 0) end as drop_from_previous,
    case when step > 1 then cast(did_in_order as double) / nullif(did_both, 0) end as in_order_share,
    from_signup_p50,
    cast(signups - mature_signups as double) / signups as immature_share
from counted
order by unit, cohort_week, step
