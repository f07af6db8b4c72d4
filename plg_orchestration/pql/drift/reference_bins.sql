-- The distribution of each feature and of the score in the reference rows: numbers in bins of about equal count (each value its
-- own bin when there are few), words by category with the rare ones together, and the missing values as bin -1.
with rows_of_population as (
    select count(*) as accounts, sum(cast(n as double)) * sum(n) / sum(cast(n as double) * n) as independent
    from (select count(*) as n from reference_population group by payer_id) as sized
),
rows_of_scores as (
    select count(*) as accounts, sum(cast(n as double)) * sum(n) / sum(cast(n as double) * n) as independent
    from (select count(*) as n from reference_scores group by payer_id) as sized
),
features as (
    select feature, kind, cast(sum(rows) as bigint) as total,
        count(*) filter (where value is not null) as distinct_values,
        min(value) as least, max(value) as most
    from reference_values
    group by feature, kind
),
ordered as (
    select
        v.feature, v.value, v.rows, f.distinct_values,
        sum(v.rows) over (partition by v.feature order by v.value rows between unbounded preceding and current row) as through,
        sum(v.rows) over (partition by v.feature) as known,
        row_number() over (partition by v.feature order by v.value) as place
    from reference_values as v
    inner join features as f on f.feature = v.feature
    where v.value is not null
),
binned as (
    select
        feature, value, rows,
        case
            when distinct_values <= $reference_bins then cast(place as bigint)
            else cast(floor(cast($reference_bins as double) * (through - rows) / known) as bigint)
        end as step
    from ordered
),
steps as (
    select feature, step, max(value) as upper, cast(sum(rows) as bigint) as rows from binned group by feature, step
),
numbers as (
    select feature, cast(row_number() over (partition by feature order by step) as integer) as bin, upper, rows
    from steps
    union all
    -- What lies below everything that the reference rows show, and above it.
    select feature, 0 as bin, least - 1e-9 * greatest(1.0, abs(least)) as upper, cast(0 as bigint) as rows
    from features
    where kind = 'number' and least is not null
    union all
    select s.feature, cast(count(*) + 1 as integer) as bin, cast(null as double) as upper, cast(0 as bigint) as rows
    from steps as s
    group by s.feature
),
categories as (
    select
        v.feature,
        case when v.rows >= $rare_category * f.total then v.word end as word,
        v.rows
    from reference_values as v
    inner join features as f on f.feature = v.feature
    where f.kind = 'word' and v.word is not null
),
worded as (
    select feature, word, cast(sum(rows) as bigint) as rows from categories where word is not null group by feature, word
),
words as (
    select feature, cast(row_number() over (partition by feature order by rows desc, word) as integer) as bin, word, rows
    from worded
    union all
    select f.feature, 0 as bin, cast(null as varchar) as word, cast(coalesce(sum(c.rows), 0) as bigint) as rows
    from features as f
    left join categories as c on c.feature = f.feature and c.word is null
    where f.kind = 'word'
    group by f.feature
),
missing as (
    select feature, cast(sum(case when value is null and word is null then rows else 0 end) as bigint) as rows
    from reference_values
    group by feature
),
every as (
    select feature, bin, upper, cast(null as varchar) as word, rows from numbers
    union all
    select feature, bin, cast(null as double) as upper, word, rows from words
    union all
    select feature, -1 as bin, cast(null as double) as upper, cast(null as varchar) as word, rows from missing
)
select
    e.feature, f.kind, e.bin, e.upper, e.word, e.rows,
    e.rows / cast(f.total as double) as share,
    case when e.feature = 'score' then s.accounts else a.accounts end as accounts,
    case when e.feature = 'score' then s.independent else a.independent end as independent
from every as e
inner join features as f on f.feature = e.feature
cross join rows_of_population as a
cross join rows_of_scores as s
