-- What was decided tonight: how many people went where, and how many were held back, by route and time allowed.
select
    coalesce(case when qualified then route end, 'not qualified') as route,
    case when qualified then sla_hours end as sla_hours,
    bool_or(qualified) as qualified,
    count(*) as people,
    count(*) filter (where holdout) as holdout,
    count(*) filter (where suppressed_reason is not null) as suppressed
from pql.decisions
where as_of = $as_of
group by coalesce(case when qualified then route end, 'not qualified'), case when qualified then sla_hours end
order by qualified desc, sla_hours, route
