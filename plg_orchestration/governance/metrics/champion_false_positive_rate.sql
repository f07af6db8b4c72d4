-- The champion's false positive rate on its test rows: of those who did not convert, the share that it takes for leads.
with reigning as (
    select scorer, version, target
    from (
        select scorer, version, target, row_number() over (order by as_of desc, target) as recency
        from pql.champion
        where as_of <= $as_of
    ) as ranked
    where recency = 1
),
tested as (
    select c.fpr, c.test_rows, c.test_positives, c.version, c.as_of, row_number() over (order by c.as_of desc) as recency
    from pql.candidate as c
    inner join reigning as r on r.scorer = c.scorer and r.version = c.version and r.target = c.target
    where c.as_of <= $as_of and c.fpr is not null
),
newest as (
    select max(fpr) as value, max(test_rows - test_positives) as others, max(version) as version, max(as_of) as tested_on
    from tested
    where recency = 1
)
select
    value,
    round(value * others) as numerator,
    cast(others as double) as denominator,
    case
        when value is null then 'the champion was not tested on held-out rows'
        else 'version ' || version || ' on the test rows of its training on ' || cast(tested_on as varchar)
    end as detail
from newest
