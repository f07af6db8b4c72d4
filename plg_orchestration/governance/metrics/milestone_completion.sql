-- Share of the milestones that have come due in initiatives that run, or are decided upon, and that are done.
with running as (
    select initiative, milestones_due, milestones_late
    from governance.initiatives
    where as_of = $as_of and status <> 'planned'
),
counted as (
    select
        coalesce(sum(milestones_due), 0) as due,
        coalesce(sum(milestones_late), 0) as late,
        string_agg(initiative || ': ' || cast(milestones_late as varchar), ', ' order by initiative)
        filter (where milestones_late > 0) as named
    from running
)
select
    case when due > 0 then cast(due - late as double) / due end as value,
    cast(due - late as double) as numerator,
    cast(due as double) as denominator,
    case
        when due = 0 then 'no milestone of an initiative that has started is known to be due yet'
        else cast(due - late as varchar) || ' of ' || cast(due as varchar) || ' milestones that came due are done'
            || coalesce('; late: ' || named, '')
    end as detail
from counted
