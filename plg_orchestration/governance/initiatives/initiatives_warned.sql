-- What somebody must look at: rollbacks that are recommended, milestones that are late, budgets used up, decisions overdue.
with tonight as (
    select initiative, status, milestones_late, budget_used, decide_by, next_decision, reason
    from governance.initiatives
    where as_of = $as_of and status not in ('planned', 'done')
)
select initiative, 'rollback' as kind, reason as why from tonight where status = 'rollback_recommended'
union all
select initiative, 'late' as kind, cast(milestones_late as varchar) || ' milestones are late' as why
from tonight
where milestones_late > 0
union all
select initiative, 'budget' as kind, cast(round(100 * budget_used) as varchar) || ' % of the budget is used' as why
from tonight
where budget_used > 1
union all
select initiative, 'decision' as kind, next_decision || ' since ' || cast(decide_by as varchar) as why
from tonight
where status in ('no_go', 'undecided') and decide_by < $as_of
order by kind desc, initiative
