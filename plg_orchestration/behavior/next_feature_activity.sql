-- Yesterday's use of features moved on by one day, with what today's received rows add; what leaves the 63 bits is forgotten.
with held as (
    select unit, unit_id, feature, (days & 4611686018427387903) << 1 as days
    from behavior.feature_activity
    where as_of = $as_of - 1
),
joined as (
    select
        coalesce(h.unit, g.unit) as unit, coalesce(h.unit_id, g.unit_id) as unit_id, coalesce(h.feature, g.feature) as feature,
        coalesce(h.days, 0) | coalesce(g.days, 0) as days
    from held as h
    full outer join feature_gained as g on g.unit = h.unit and g.unit_id = h.unit_id and g.feature = h.feature
)
select $as_of as as_of, unit, unit_id, feature, days
from joined
where days <> 0
