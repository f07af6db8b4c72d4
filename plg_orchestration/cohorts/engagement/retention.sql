-- Retention by both clocks: calendar periods of the workspace, and 24-hour days counted from each unit's own entry.
select
    as_of, unit, entry, mode, period, clock, cohort, size, index, retained, rate, mature, mature_size, immature_share
from calendar_retention
union all
select
    as_of, unit, entry, mode, period, clock, cohort, size, index, retained, rate, mature, mature_size, immature_share
from rolling_retention
