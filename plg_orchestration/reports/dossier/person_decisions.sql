-- Every decision on one person for the target, in order: the same night's others replace it, later ones follow it.
select
    decision_id, as_of, scorer, version, score, route, override_id,
    case
        when holdout then 'held_out'
        when suppressed_reason is not null then 'suppressed'
        when handed_over then 'handed_over'
        else 'queued'
    end as status
from pql.decisions
where user_id = $user_id and target = $target
order by as_of, decision_id
