-- Days since the champion, exactly the version that scores, was last audited; NULL when it never was.
with reigning as (
    select scorer, version, target
    from (
        select scorer, version, target, row_number() over (order by as_of desc, target) as recency
        from pql.champion
        where as_of <= $as_of
    ) as ranked
    where recency = 1
),
audits as (
    select count(distinct b.as_of) as audits, max(b.as_of) as audited_on
    from pql.bias_audit as b
    inner join reigning as r on r.scorer = b.scorer and r.version = b.version and r.target = b.target
    where b.as_of <= $as_of
)
select
    cast(date_diff('day', audited_on, cast($as_of as date)) as double) as value,
    cast(audits as double) as numerator,
    cast(null as double) as denominator,
    case
        when audits = 0 then 'the scorer in force was never audited'
        else 'the last of ' || cast(audits as varchar) || ' audits was made on ' || cast(audited_on as varchar)
    end as detail
from audits
