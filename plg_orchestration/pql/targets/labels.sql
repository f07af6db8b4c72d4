-- The target's population on an as-of day with its features and whether its account began to pay inside the label's window.
-- A start inside the gap makes no label: a checkout that was in progress says nothing.
with first_paid as (
    select payer_id, min(paid_at) as first_paid_at
    from paid_starts
    where paid_at >= $cut
    group by payer_id
)
select
    f.*,
    p.first_paid_at,
    case
        when p.first_paid_at < $label_from then null
        else coalesce(p.first_paid_at < $label_to, false)
    end as label
from features as f
left join first_paid as p on p.payer_id = coalesce(f.account_id, f.user_id)
where not f.is_paying and not f.in_sales
