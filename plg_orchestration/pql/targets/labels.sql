-- The target's population on an as-of day with its features, and whether the outcome came inside the label's window.
-- An outcome inside the gap makes no label: what was in progress at the cut says nothing.
with next_outcomes as (
    select payer_id, min(happened_at) as outcome_at
    from outcomes
    where happened_at >= $cut
    group by payer_id
)
select
    f.*,
    o.outcome_at,
    case
        when o.outcome_at < $label_from then null
        else coalesce(o.outcome_at < $label_to, false)
    end as label
from features as f
inner join population as p on p.user_id = f.user_id
left join next_outcomes as o on o.payer_id = coalesce(f.account_id, f.user_id)
