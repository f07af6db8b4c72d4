-- Accounts whose data must stay in a region where nothing is stored, by the storage regions on record.
with stores as (
    select distinct upper(subject) as region
    from known_governance_records
    where kind = 'storage_region' and "at" < $cut and (closed_at is null or closed_at >= $cut)
),
bound as (
    select upper(residency_region) as region from known_accounts where residency_region is not null
),
counted as (
    select count(*) as accounts, count(*) filter (where s.region is null) as elsewhere
    from bound as b
    left join stores as s on s.region = b.region
),
listed as (
    select count(*) as regions, string_agg(region, ', ' order by region) as names from stores
)
select
    case when accounts > 0 and regions > 0 then cast(elsewhere as double) end as value,
    cast(elsewhere as double) as numerator,
    cast(accounts as double) as denominator,
    case
        when accounts = 0 then 'no account says where its data must stay'
        when regions = 0 then 'no governance record of kind storage_region says where data is stored'
        else cast(elsewhere as varchar) || ' of ' || cast(accounts as varchar)
            || ' accounts must stay in a region where nothing is stored; data is stored in ' || names
    end as detail
from counted
cross join listed
