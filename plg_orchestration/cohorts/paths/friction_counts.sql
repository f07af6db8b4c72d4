-- For each onboarding step and stratum: who reached it (completed all before it), completed it, or stopped there; and sums over
-- the risk sets of activation by the time since it was reached, in which a user counts as without the step until completing it and
-- as with it from then on. Over the strata, sum_with / sum_without is the Mantel-Haenszel ratio of the two rates of activation,
-- sum_spread the numerator of its variance (Greenland and Robins 1985), and hazard the cumulative one without the step
-- (Breslow 1974).
with grid as (
    select
        u.user_id, u.stratum, u.signup_at, u.ends_at, u.activated_at, s.place, t.done_at,
        count(*) over (
            partition by u.user_id order by s.place rows between unbounded preceding and 1 preceding
        ) - count(t.done_at) over (
            partition by u.user_id order by s.place rows between unbounded preceding and 1 preceding
        ) as missing,
        max(t.done_at) over (
            partition by u.user_id order by s.place rows between unbounded preceding and 1 preceding
        ) as before_at
    from friction_members as u
    cross join friction_steps as s
    left join friction_times as t on t.user_id = u.user_id and t.place = s.place
),
reached as (
    select
        place, stratum, done_at, activated_at, coalesce(before_at, signup_at) as reached_at,
        coalesce(activated_at, ends_at) as stops_at
    from grid
    where missing = 0
),
totals as (
    select
        place, stratum, count(*) as reached, count(done_at) as completed,
        count(*) filter (where done_at is null and activated_at is null) as lost,
        count(*) filter (where stops_at > reached_at) as at_risk
    from reached
    group by place, stratum
),
risks as (
    select
        place, stratum, case when activated_at is null then 0 else 1 end as activated,
        date_diff('microsecond', reached_at, stops_at) as stops,
        case when done_at < stops_at then greatest(date_diff('microsecond', reached_at, done_at), 0) end as enters
    from reached
    where stops_at > reached_at
),
changes as (
    select
        place, stratum, coalesce(enters, stops) as clock, 1 as leave_without, 0 as move_with,
        case when enters is null then activated else 0 end as activated_without, 0 as activated_with
    from risks
    union all
    select place, stratum, enters as clock, 0 as leave_without, 1 as move_with, 0 as activated_without, 0 as activated_with
    from risks
    where enters is not null
    union all
    select
        place, stratum, stops as clock, 0 as leave_without, -1 as move_with, 0 as activated_without,
        activated as activated_with
    from risks
    where enters is not null
),
moments as (
    select
        place, stratum, clock, sum(leave_without) as leave_without, sum(move_with) as move_with,
        sum(activated_without) as activated_without, sum(activated_with) as activated_with
    from changes
    group by place, stratum, clock
),
sets as (
    select
        m.place, m.stratum, m.activated_without, m.activated_with,
        cast(t.at_risk - coalesce(sum(m.leave_without) over (
            partition by m.place, m.stratum order by m.clock rows between unbounded preceding and 1 preceding
        ), 0) as double) as without,
        cast(coalesce(sum(m.move_with) over (
            partition by m.place, m.stratum order by m.clock rows between unbounded preceding and 1 preceding
        ), 0) as double) as with_step
    from moments as m
    inner join totals as t on t.place = m.place and t.stratum = m.stratum
),
events as (
    select *, without + with_step as everybody
    from sets
    where activated_without + activated_with > 0
),
ratios as (
    select
        place,
        sum(activated_with * without / everybody) / nullif(sum(activated_without * with_step / everybody), 0) as ratio
    from events
    group by place
),
summed as (
    select
        e.place, e.stratum,
        cast(sum(e.activated_without) as bigint) as activated_without,
        cast(sum(e.activated_with) as bigint) as activated_with,
        sum(e.activated_with * e.without / e.everybody) as sum_with,
        sum(e.activated_without * e.with_step / e.everybody) as sum_without,
        sum((e.activated_with + e.activated_without) * e.with_step * e.without / (e.everybody * e.everybody)) as sum_spread,
        sum((e.activated_with + e.activated_without) / (e.without + r.ratio * e.with_step)) as hazard
    from events as e
    inner join ratios as r on r.place = e.place
    group by e.place, e.stratum
)
select
    s.place, s.step, t.stratum, coalesce(t.reached, 0) as reached, coalesce(t.completed, 0) as completed,
    coalesce(t.lost, 0) as lost, coalesce(t.at_risk, 0) as at_risk,
    coalesce(x.activated_without, 0) as activated_without, coalesce(x.activated_with, 0) as activated_with,
    coalesce(x.sum_with, 0) as sum_with, coalesce(x.sum_without, 0) as sum_without, coalesce(x.sum_spread, 0) as sum_spread,
    coalesce(x.hazard, 0) as hazard
from friction_steps as s
left join totals as t on t.place = s.place
left join summed as x on x.place = t.place and x.stratum = t.stratum
order by s.place, t.stratum
