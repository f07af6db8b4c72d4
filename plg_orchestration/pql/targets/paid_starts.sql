-- When each account (or user without one) began to pay, as known on the as-of day; every start, since some pay again.
with billed as (
    select count(*) > 0 as has_subscriptions from known_subscriptions
)
select s.account_id as payer_id, s.started_at as paid_at
from known_subscriptions as s
where not coalesce(s.trial, false) and s.mrr > 0
union all
select m.unit_id as payer_id, m.first_at as paid_at
from behavior.milestones as m
cross join billed as b
where not b.has_subscriptions and m.role = 'plan_upgraded' and m.received_date <= $as_of
