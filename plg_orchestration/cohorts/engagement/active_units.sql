-- Each unit that was active lately with bit masks of its active days, weeks and months; bit n stands for n periods ago.
with masks as (
    select
        unit, unit_id,
        days & ((cast(1 as bigint) << $day_cohorts) - 1) as days,
        weeks & ((cast(1 as bigint) << $week_cohorts) - 1) as weeks,
        months & ((cast(1 as bigint) << $month_cohorts) - 1) as months
    from activity
)
select unit, unit_id, cast(row_number() over (order by unit, unit_id) as integer) as number, days, weeks, months
from masks
where days <> 0 or weeks <> 0 or months <> 0
