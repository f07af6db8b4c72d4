-- Tonight's values of each feature and of the score in the bins of the reference, and how far the two lie apart: the population
-- stability index over about ten groups of equal reference count, the largest distance of the cumulative shares, and the missing.
with edges as (
    select feature, kind, bin, upper, word, rows from reference_bins where bin >= 0
),
marks as (
    select c.feature, c.value, c.rows, 0 as edge
    from current_values as c
    where c.value is not null
    union all
    select feature, upper as value, cast(0 as bigint) as rows, 1 as edge from edges where upper is not null
),
placed as (
    -- The bin of a value is the number of upper limits below it.
    select
        feature, rows, edge,
        cast(sum(edge) over (partition by feature order by value, edge rows between unbounded preceding and current row) as integer)
            as bin
    from marks
    union all
    select c.feature, c.rows, 0 as edge, coalesce(e.bin, 0) as bin
    from current_values as c
    left join edges as e on e.feature = c.feature and e.word = c.word
    where c.word is not null
),
counted as (
    select feature, bin, cast(sum(rows) as bigint) as rows from placed where edge = 0 group by feature, bin
),
beside as (
    select
        e.feature, e.kind, e.bin, e.upper, e.rows as expected, coalesce(c.rows, 0) as found,
        sum(e.rows) over (partition by e.feature) as expected_known,
        sum(coalesce(c.rows, 0)) over (partition by e.feature) as found_known,
        sum(e.rows) over (partition by e.feature order by e.bin rows between unbounded preceding and current row) as expected_through,
        sum(coalesce(c.rows, 0)) over (partition by e.feature order by e.bin rows between unbounded preceding and current row)
            as found_through
    from edges as e
    left join counted as c on c.feature = e.feature and c.bin = e.bin
),
distances as (
    select
        feature, upper, expected, found, expected_through, found_through, expected_known, found_known,
        case
            when kind = 'word' then bin
            else cast(least(
                $bins - 1, floor(cast($bins as double) * (expected_through - expected) / greatest(expected_known, 1))
            ) as integer)
        end as part,
        case when kind = 'number' and expected_known > 0 and found_known > 0 then
            abs(expected_through / cast(expected_known as double) - found_through / cast(found_known as double))
        end as distance
    from beside
),
parts as (
    select
        feature, part,
        cast(sum(expected) as double) as expected, cast(sum(found) as double) as found,
        max(expected_known) as expected_known, max(found_known) as found_known, max(distance) as distance
    from distances
    group by feature, part
),
used as (
    select *, count(*) over (partition by feature) as groups
    from parts
    where expected + found > 0
),
shares as (
    select
        feature, groups, expected_known, found_known, distance,
        (expected + 0.5) / (expected_known + 0.5 * groups) as p,
        (found + 0.5) / (found_known + 0.5 * groups) as q
    from used
),
indexed as (
    select
        feature,
        max(groups) as groups,
        max(distance) as kolmogorov_smirnov,
        case when max(expected_known) > 0 and max(found_known) > 0 then sum((q - p) * ln(q / p)) end as population_stability_index
    from shares
    group by feature
),
typical as (
    -- The median, as the upper limit of the bin that it lies in.
    select
        feature,
        min(upper) filter (where expected_known > 0 and 2 * expected_through >= expected_known) as reference_median,
        min(upper) filter (where found_known > 0 and 2 * found_through >= found_known) as median
    from distances
    group by feature
),
reference_sizes as (
    select
        feature, max(kind) as kind, max(accounts) as accounts, max(independent) as independent, cast(sum(rows) as bigint) as rows,
        cast(coalesce(sum(rows) filter (where bin = -1), 0) as bigint) as missing
    from reference_bins
    group by feature
),
current_sizes as (
    select
        feature, cast(sum(rows) as bigint) as rows,
        cast(coalesce(sum(rows) filter (where value is null and word is null), 0) as bigint) as missing
    from current_values
    group by feature
),
people as (
    select count(*) as accounts, sum(cast(n as double)) * sum(n) / sum(cast(n as double) * n) as independent
    from (select count(*) as n from current_population group by payer_id) as sized
)
select
    r.feature as subject, r.kind,
    coalesce(c.rows, 0) as rows, coalesce(c.missing, 0) as missing, n.accounts, n.independent, t.median,
    r.rows as reference_rows, r.missing as reference_missing, r.accounts as reference_accounts,
    r.independent as reference_independent, t.reference_median,
    coalesce(i.groups, 0) as groups, i.population_stability_index, i.kolmogorov_smirnov
from reference_sizes as r
cross join people as n
left join current_sizes as c on c.feature = r.feature
left join indexed as i on i.feature = r.feature
left join typical as t on t.feature = r.feature
order by subject
