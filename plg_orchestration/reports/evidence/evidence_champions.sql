-- Who routed leads after each night of the quarter, and the judgment on the night's challenger.
select
    as_of, target, scorer, version, threshold, digest, promoted_on, challenger, outcome, verdict, reason, gates, change, shadow
from pql.champion
where as_of between $first and $last
order by as_of, target
