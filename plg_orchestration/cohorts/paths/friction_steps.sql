-- The onboarding steps in their order; several events of one item are one step.
select
    item as step,
    cast(row_number() over (order by min(number), item) as integer) as place
from (
    select coalesce(nullif(item, ''), event) as item, coalesce(step, 0) as number
    from config.event_roles
    where role = 'onboarding_step'
) as declared
group by item
