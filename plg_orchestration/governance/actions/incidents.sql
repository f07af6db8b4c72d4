-- Incidents on the day: every control that newly failed and is not effective again, and those that were closed lately.
with days as (
    select distinct as_of from governance.controls where as_of <= $as_of
),
evaluated as (
    select
        as_of, control_id, risk_id, severity, owner, metric, value, threshold, evidence, status,
        sum(case when status = 'effective' then 1 else 0 end) over (
            partition by control_id order by as_of rows between unbounded preceding and current row
        ) as recoveries
    from governance.controls
    where as_of <= $as_of
),
opened as (
    select control_id, recoveries, min(as_of) as opened_on
    from evaluated
    where status = 'failed'
    group by control_id, recoveries
),
recovered as (
    select control_id, recoveries, min(as_of) as recovered_on from evaluated group by control_id, recoveries
),
newest as (
    select control_id, max(as_of) as last_on from evaluated group by control_id
),
removed as (
    select n.control_id, min(d.as_of) as removed_on
    from newest as n
    inner join days as d on d.as_of > n.last_on
    group by n.control_id
),
followed as (
    select
        o.control_id, o.opened_on,
        cast((cast(o.opened_on + interval '1' day as timestamp) at time zone $timezone) at time zone 'UTC' as timestamp) as opened_at,
        coalesce(r.recovered_on, g.removed_on) as closed_on,
        case when r.recovered_on is not null then 'effective' when g.removed_on is not null then 'removed' end as resolution,
        24 * date_diff('day', o.opened_on, cast($as_of as date)) as age_hours
    from opened as o
    left join recovered as r on r.control_id = o.control_id and r.recoveries = o.recoveries + 1
    left join removed as g on g.control_id = o.control_id
),
answers as (
    select incident_id, person, recorded_at, note
    from (
        select
            incident_id, person, recorded_at, note,
            row_number() over (partition by incident_id order by number) as place
        from governance.acknowledgements
        where as_of <= $as_of
    ) as ranked
    where place = 1
),
told as (
    select control_id, opened_on, role
    from (
        select
            f.control_id, f.opened_on, s.role,
            row_number() over (partition by f.control_id, f.opened_on order by s.place desc) as place
        from followed as f
        inner join config.escalation_steps as s on s.control_id = f.control_id and s.hours <= f.age_hours
        where f.closed_on is null
    ) as ranked
    where place = 1
),
answered as (
    select
        f.control_id || '-' || cast(f.opened_on as varchar) as incident_id, f.*, a.person, a.recorded_at, a.note,
        case
            when a.recorded_at > f.opened_at then date_diff('second', f.opened_at, a.recorded_at) / 3600.0
            when a.recorded_at is not null then 0.0
        end as response_hours
    from followed as f
    left join answers as a on a.incident_id = f.control_id || '-' || cast(f.opened_on as varchar)
)
select
    cast($as_of as date) as as_of, i.incident_id, i.control_id, e.risk_id, e.severity, e.owner, e.metric, e.value, e.threshold,
    e.evidence, i.opened_on, i.opened_at,
    case when i.closed_on is not null then 'closed' when i.person is not null then 'acknowledged' else 'open' end as status,
    coalesce(c.status, 'no_data') as control_status, i.person as acknowledged_by, i.recorded_at as acknowledged_at,
    i.note as acknowledgement, i.response_hours,
    case
        when i.response_hours <= $response_hours then 'in_time'
        when i.response_hours is not null then 'late'
        when i.closed_on is not null then 'unanswered'
        when i.age_hours >= $response_hours then 'overdue'
        else 'waiting'
    end as response,
    i.closed_on, i.resolution, i.age_hours, case when i.closed_on is null then coalesce(t.role, e.owner) end as escalation
from answered as i
inner join evaluated as e on e.control_id = i.control_id and e.as_of = i.opened_on
left join evaluated as c on c.control_id = i.control_id and c.as_of = $as_of
left join told as t on t.control_id = i.control_id and t.opened_on = i.opened_on
where i.closed_on is null or i.closed_on > $oldest
order by i.opened_on, i.control_id
