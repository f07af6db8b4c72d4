-- Every lead of every scorer and night of the history with its label as known on the as-of day: whether the outcome came in the
-- target's window. A label is NULL while the window is open, and for good when the outcome came inside the gap.
with leads as (
    select as_of as decided_on, scorer, version, user_id, coalesce(account_id, user_id) as payer_id
    from pql.scores
    where target = $target and is_pql and as_of <= $as_of and as_of > $as_of - cast($history_days as integer)
),
payers as (
    select distinct payer_id, decided_on from leads
),
outcomes as (
    select p.payer_id, p.decided_on, min(t.happened_on) as happened_on
    from payers as p
    inner join target_starts as t on t.payer_id = p.payer_id and t.happened_on > p.decided_on
    group by p.payer_id, p.decided_on
)
select
    l.decided_on, l.scorer, l.version, l.user_id, l.payer_id,
    l.decided_on <= $as_of - cast($window_days as integer) as mature,
    case
        when l.decided_on > $as_of - cast($window_days as integer) then null
        when o.happened_on <= l.decided_on + cast($gap_days as integer) then null
        else coalesce(o.happened_on <= l.decided_on + cast($window_days as integer), false)
    end as label
from leads as l
left join outcomes as o on o.payer_id = l.payer_id and o.decided_on = l.decided_on
