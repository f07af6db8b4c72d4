-- Levels in each arm of a watched experiment since its units were exposed, in the last days: on which share of their active days an
-- error was shown, and how they answered surveys, from 0 to 10 (satisfaction from 1 to 5 is stretched to that).
with days as (
    select 'user' as unit, user_id as unit_id, event_date, max(last_at) as last_at, sum(errors_shown) as errors
    from behavior.user_days
    where received_date <= $as_of and event_date > $evidence_date and user_id is not null
    group by user_id, event_date
    union all
    select 'account' as unit, account_id as unit_id, event_date, max(last_at) as last_at, sum(errors_shown) as errors
    from behavior.user_days
    where received_date <= $as_of and event_date > $evidence_date and account_id is not null
    group by account_id, event_date
),
errors as (
    select e.experiment, e.arm, count(*) as active_days, count(*) filter (where d.errors > 0) as error_days
    from experiment_units as e
    inner join days as d on d.unit = e.unit and d.unit_id = e.unit_id
    where d.last_at >= e.exposed_at
    group by e.experiment, e.arm
),
answers as (
    select e.experiment, e.arm, count(*) as answers, avg(case when lower(s.kind) = 'csat' then 2.5 * (s.score - 1) else s.score end) as feedback
    from experiment_units as e
    inner join known_surveys as s on s.answered_at >= e.exposed_at and s.answered_at >= $evidence_start and s.answered_at < $cut
    left join known_users as u on u.user_id = s.user_id
    where e.unit_id = case when e.unit = 'user' then s.user_id else u.account_id end and lower(s.kind) in ('nps', 'csat')
    group by e.experiment, e.arm
),
arms as (select distinct experiment, arm, control from experiment_units)
select
    a.experiment, a.arm, a.control, coalesce(e.active_days, 0) as active_days, coalesce(e.error_days, 0) as error_days,
    coalesce(s.answers, 0) as answers, s.feedback
from arms as a
left join errors as e on e.experiment = a.experiment and e.arm = a.arm
left join answers as s on s.experiment = a.experiment and s.arm = a.arm
order by a.experiment, a.arm
