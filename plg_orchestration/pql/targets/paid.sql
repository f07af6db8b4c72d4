-- When each payer began to pay, as an outcome.
select payer_id, paid_at as happened_at from paid_starts
