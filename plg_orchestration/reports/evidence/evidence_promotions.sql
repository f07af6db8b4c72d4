-- The ledger of champions up to the quarter's end: who stood at its beginning follows from what went before.
select
    target, sequence, kind, as_of, actor, acted_at, evidence_on, previous, scorer, version, threshold, threshold_policy, digest,
    false_discovery_rate, best, verdict, reason, gates, approval
from pql.promotions
where as_of <= $last
order by target, sequence
