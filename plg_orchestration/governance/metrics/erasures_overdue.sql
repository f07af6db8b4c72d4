-- Requests to be forgotten that are due and not done, also those that an erasure did not do wholly. NULL when nothing
-- tells of requests: no request is known, and no other governance record either.
with requests as (
    select
        count(*) as known,
        count(*) filter (where status = 'overdue' or (status = 'incomplete' and due_on < $as_of)) as overdue,
        count(*) filter (where status = 'open' or (status = 'incomplete' and due_on >= $as_of)) as waiting,
        count(*) filter (where status = 'late') as late
    from governance.privacy
    where as_of = $as_of
),
told as (
    select count(*) as records from known_governance_records
)
select
    case when known + records > 0 then cast(overdue as double) end as value,
    cast(overdue as double) as numerator,
    cast(known as double) as denominator,
    case
        when known + records = 0 then 'nothing tells of requests to be forgotten'
        when known = 0 then 'nobody has asked to be forgotten'
        else cast(overdue as varchar) || ' of ' || cast(known as varchar) || ' requests are overdue, '
            || cast(waiting as varchar) || ' wait in time, ' || cast(late as varchar) || ' were done late'
    end as detail
from requests
cross join told
