-- Which accounts, and users without one, used which core feature in the window of use before conversion, and in the newest one.
select 'past' as period, unit, unit_id, feature
from feature_activity
where (days >> cast($conversion_days as integer)) & $usage_mask > 0
union all
select 'now' as period, unit, unit_id, feature
from feature_activity
where days & $usage_mask > 0
