-- Accounts whose records are stored in another region than their own; accounts without both regions cannot be judged.
with counted as (
    select
        count(*) as accounts,
        count(*) filter (where region is not null and residency_region is not null) as known,
        count(*) filter (where upper(region) <> upper(residency_region)) as elsewhere
    from known_accounts
)
select
    case when known > 0 then cast(elsewhere as double) end as value,
    cast(elsewhere as double) as numerator,
    cast(known as double) as denominator,
    case
        when known = 0 then 'no account has both a region and a residency region'
        else cast(elsewhere as varchar) || ' of ' || cast(known as varchar) || ' accounts with both regions known are stored elsewhere; '
            || cast(accounts - known as varchar) || ' accounts lack one of the two'
    end as detail
from counted
