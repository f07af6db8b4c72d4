-- How often each outcome and selection occurred, per account bucket; groups are added as grouping sets over the audited attributes.
-- A row whose outcome is not known yet counts as a row and as selected or not, but neither as a positive nor as a negative.
with accounts as (
    select distinct cluster from audited_rows
),
placed as (
    select cluster, cast((row_number() over (order by md5(cluster), cluster) - 1) % $buckets as integer) as bucket from accounts
),
bucketed as (
    select p.bucket, r.* from audited_rows as r inner join placed as p on p.cluster = r.cluster
)
select
    bucket,
    cast(count(*) as double) as n,
    cast(count(label) as double) as known,
    cast(count(*) filter (where label) as double) as positives,
    cast(count(*) filter (where not label) as double) as negatives,
    cast(count(*) filter (where selected) as double) as selected,
    cast(count(*) filter (where selected and label is not null) as double) as decided,
    cast(count(*) filter (where label and selected) as double) as tp,
    cast(count(*) filter (where not label and selected) as double) as fp,
    coalesce(sum(score), 0.0) as score,
    cast(count(probability) filter (where label is not null) as double) as forecast,
    coalesce(sum(probability) filter (where label is not null), 0.0) as probability,
    cast(count(*) filter (where label and probability is not null) as double) as occurred
from bucketed
group by grouping sets ((bucket))
