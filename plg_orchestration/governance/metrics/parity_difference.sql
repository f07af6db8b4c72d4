-- The widest difference in selection rate between a protected group and everybody else, in the champion's newest audit.
-- Contrasts with too little data to judge are counted, not trusted; when none can be judged there is no value.
with reigning as (
    select scorer, version, target
    from (
        select scorer, version, target, row_number() over (order by as_of desc, target) as recency
        from pql.champion
        where as_of <= $as_of
    ) as ranked
    where recency = 1
),
audited as (
    select
        b.attribute, b.grp, b.difference, b.verdict, b.as_of, r.scorer,
        dense_rank() over (order by b.as_of desc) as recency
    from pql.bias_audit as b
    inner join reigning as r on r.scorer = b.scorer and r.version = b.version and r.target = b.target
    where b.as_of <= $as_of and b.metric = 'selection_rate' and b.status = 'protected'
),
counted as (
    select
        count(*) as contrasts,
        count(*) filter (where verdict <> 'insufficient' and difference is not null) as judged,
        max(abs(difference)) filter (where verdict <> 'insufficient') as widest,
        arg_max(attribute || ' ' || grp, abs(difference)) filter (where verdict <> 'insufficient') as place,
        max(scorer) as scorer,
        max(as_of) as audited_on
    from audited
    where recency = 1
)
select
    widest as value,
    cast(judged as double) as numerator,
    cast(contrasts as double) as denominator,
    case
        when contrasts = 0 then 'no audit of the champion holds a protected group'
        when judged = 0 then 'none of the ' || cast(contrasts as varchar) || ' protected contrasts of '
            || cast(audited_on as varchar) || ' has enough data'
        else 'widest for ' || place || ' in the audit of ' || scorer || ' on ' || cast(audited_on as varchar) || '; '
            || cast(judged as varchar) || ' of ' || cast(contrasts as varchar) || ' protected contrasts have enough data'
    end as detail
from counted
