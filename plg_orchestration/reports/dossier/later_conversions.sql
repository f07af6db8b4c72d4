-- When the target's outcome came for the person's account (or the person without one) from the night on.
select happened_at from outcomes where payer_id = $payer_id and happened_at >= $decided_at order by happened_at
