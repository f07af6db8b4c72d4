-- Vendors whose certificate has expired or was never recorded; NULL when no vendor is known.
with judged as (
    select
        vendor,
        certificate_expires is null as unknown,
        coalesce(cast(certificate_expires as date) < $as_of, true) as lapsed
    from registered_vendors
),
counted as (
    select
        count(*) as vendors,
        count(*) filter (where lapsed) as lapsed,
        count(*) filter (where unknown) as unknown,
        string_agg(vendor, ', ' order by vendor) filter (where lapsed) as named
    from judged
)
select
    case when vendors > 0 then cast(lapsed as double) end as value,
    cast(lapsed as double) as numerator,
    cast(vendors as double) as denominator,
    case
        when vendors = 0 then 'no vendor is known'
        else cast(lapsed as varchar) || ' of ' || cast(vendors as varchar) || ' vendors have no valid certificate ('
            || cast(unknown as varchar) || ' without an expiry date)' || coalesce(': ' || named, '')
    end as detail
from counted
