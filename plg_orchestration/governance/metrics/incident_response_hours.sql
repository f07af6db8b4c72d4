-- The longest that an incident waited for somebody: until it was acknowledged, closed unanswered, or up to now once it is overdue.
-- One that still has time says nothing yet.
with waited as (
    select
        incident_id, response,
        case
            when response_hours is not null then response_hours
            when closed_on is not null then cast(24 * date_diff('day', opened_on, closed_on) as double)
            else cast(age_hours as double)
        end as hours
    from governance.incidents
    where as_of = $as_of
),
counted as (
    select
        count(*) as incidents,
        count(*) filter (where response <> 'waiting') as judged,
        count(*) filter (where response = 'in_time') as in_time,
        max(hours) filter (where response <> 'waiting') as longest,
        avg(hours) filter (where response <> 'waiting') as average,
        arg_max(incident_id, hours) filter (where response <> 'waiting') as worst
    from waited
)
select
    longest as value,
    cast(in_time as double) as numerator,
    cast(judged as double) as denominator,
    case
        when incidents = 0 then 'no incident is open or was closed lately'
        when judged = 0 then cast(incidents as varchar) || ' incidents still have time to be acknowledged'
        else cast(in_time as varchar) || ' of ' || cast(judged as varchar) || ' incidents were acknowledged in time; '
            || worst || ' waited longest: ' || cast(round(longest, 1) as varchar) || ' hours, '
            || cast(round(average, 1) as varchar) || ' on average'
    end as detail
from counted
