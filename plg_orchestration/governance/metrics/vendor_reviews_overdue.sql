-- Vendors that were not reviewed within the days of the limit, or never; NULL when no vendor is known.
with judged as (
    select
        vendor,
        reviewed_on is null as never,
        coalesce(date_diff('day', reviewed_on, cast($as_of as date)) > $vendor_review_days, true) as overdue
    from registered_vendors
),
counted as (
    select
        count(*) as vendors,
        count(*) filter (where overdue) as overdue,
        count(*) filter (where never) as never,
        string_agg(vendor, ', ' order by vendor) filter (where overdue) as named
    from judged
)
select
    case when vendors > 0 then cast(overdue as double) end as value,
    cast(overdue as double) as numerator,
    cast(vendors as double) as denominator,
    case
        when vendors = 0 then 'no vendor is known'
        else cast(overdue as varchar) || ' of ' || cast(vendors as varchar) || ' vendors were not reviewed within '
            || cast($vendor_review_days as varchar) || ' days (' || cast(never as varchar) || ' never)' || coalesce(': ' || named, '')
    end as detail
from counted
