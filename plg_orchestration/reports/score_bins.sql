-- How many people have which score tonight, by the scorer in force, in 24 equal bins from 0 to the highest score.
with scored as (
    select s.score, s.scorer, max(s.score) over () as top
    from pql.scores as s
    inner join (
        select scorer, target, row_number() over (order by as_of desc, target) as recency from pql.champion where as_of <= $as_of
    ) as c on c.scorer = s.scorer and c.target = s.target and c.recency = 1
    where s.as_of = $as_of and s.score is not null
),
binned as (
    select scorer, top, cast(least(greatest(floor(case when top > 0 then 24 * score / top else 0 end), 0), 23) as integer) as bin
    from scored
)
select scorer, bin, cast(top as double) as top, count(*) as people
from binned
group by scorer, bin, top
order by bin
