-- Items whose subscription was not handed in, and subscriptions without any item: neither makes MRR.
with versions as (
    select
        record, record_id, subscription_id,
        row_number() over (partition by record, record_id order by known_at desc, file_id desc, line desc) as version
    from ingest.billing_records
    where known_date <= $as_of and record in ('item', 'subscription')
),
held as (
    select v.record, v.record_id, max(case when o.record_id is null then 0 else 1 end) as partners
    from versions as v
    left join versions as o
        on o.version = 1 and o.record <> v.record
        and case when v.record = 'item' then o.record_id = v.subscription_id else o.subscription_id = v.record_id end
    where v.version = 1
    group by v.record, v.record_id
)
select
    count(*) filter (where partners = 0) as rows,
    count(*) as of_rows,
    min(record_id) filter (where partners = 0) as example,
    concat(
        cast(count(*) filter (where partners = 0 and record = 'item') as varchar), ' items, ',
        cast(count(*) filter (where partners = 0 and record = 'subscription') as varchar), ' subscriptions'
    ) as figures
from held
