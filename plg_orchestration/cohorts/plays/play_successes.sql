-- The first day after its start, and within the days of its measure, on which a play's success was reached, as known on the day.
with activated as (
    select s.play_id, cast((a.activated_at at time zone 'UTC') at time zone $timezone as date) as reached_on
    from play_starts as s
    inner join activations as a on a.user_id = s.unit_id
    where s.success = 'activated'
),
first_uses as (
    select m.unit_id as user_id, m.item, cast((min(m.first_at) at time zone 'UTC') at time zone $timezone as date) as used_on
    from behavior.milestones as m
    where
        m.unit = 'user' and m.role = 'core_feature' and m.received_date <= $as_of
        and m.unit_id in (select unit_id from play_starts where success = 'second_use_case')
    group by m.unit_id, m.item
),
use_cases as (
    select user_id, used_on, row_number() over (partition by user_id order by used_on, item) as place
    from first_uses
),
second_use_case as (
    select s.play_id, u.used_on as reached_on
    from play_starts as s
    inner join use_cases as u on u.user_id = s.unit_id and u.place = 2
    where s.success = 'second_use_case'
),
upgraded as (
    select s.play_id, min(u.reached_on) as reached_on
    from play_starts as s
    inner join upgrade_days as u
        on u.payer_id = coalesce(s.account_id, s.unit_id) and u.reached_on > s.started_on and u.reached_on <= s.measured_until
    where s.success = 'upgraded'
    group by s.play_id
),
activity as (
    select user_id, account_id, event_date, sum(core_events) as core_events, sum(qualifying_events) as qualifying_events
    from behavior.user_days
    where
        received_date between $horizon and $as_of and event_date between $horizon and $as_of
        and (core_events > 0 or qualifying_events > 0)
    group by user_id, account_id, event_date
),
core_feature_used as (
    select s.play_id, min(d.event_date) as reached_on
    from play_starts as s
    inner join activity as d
        on d.user_id = s.unit_id and d.event_date > s.started_on and d.event_date <= s.measured_until and d.core_events > 0
    where s.success = 'core_feature_used' and s.unit = 'user'
    group by s.play_id
    union all
    select s.play_id, min(d.event_date) as reached_on
    from play_starts as s
    inner join activity as d
        on d.account_id = s.unit_id and d.event_date > s.started_on and d.event_date <= s.measured_until and d.core_events > 0
    where s.success = 'core_feature_used' and s.unit = 'account'
    group by s.play_id
),
stakeholders as (
    select s.play_id, d.user_id, min(d.event_date) as active_on
    from play_starts as s
    inner join activity as d
        on d.account_id = s.unit_id and d.event_date > s.started_on and d.event_date <= s.measured_until
        and d.user_id is not null and d.qualifying_events > 0
    where s.success = 'second_stakeholder_active'
    group by s.play_id, d.user_id
),
second_stakeholder as (
    select play_id, active_on as reached_on, row_number() over (partition by play_id order by active_on, user_id) as place
    from stakeholders
),
reached as (
    select play_id, reached_on from activated
    union all
    select play_id, reached_on from second_use_case
    union all
    select play_id, reached_on from upgraded
    union all
    select play_id, reached_on from core_feature_used
    union all
    select play_id, reached_on from second_stakeholder where place = 2
)
select s.*, case when r.reached_on > s.started_on and r.reached_on <= s.measured_until then r.reached_on end as succeeded_on
from play_starts as s
left join reached as r on r.play_id = s.play_id
