-- Since when each control has been failing, as the newest day before the as-of day left it.
select control_id, failed_since
from (
    select control_id, failed_since, row_number() over (partition by control_id order by as_of desc) as recency
    from governance.controls
    where as_of < $as_of
) as ranked
where recency = 1
