-- The model cards of the versions that routed leads, were raised or taken back in the quarter: the newest of each.
with used as (
    select target, version from pql.champion where as_of between $first and $last
    union
    select target, version from pql.promotions where as_of between $first and $last
)
select target, version, trained_on, outcome, path
from (
    select c.target, c.version, c.trained_on, c.outcome, c.path, row_number() over (
        partition by c.target, c.version order by c.as_of desc
    ) as recency
    from reports.model_card as c
    inner join used as u on u.target = c.target and u.version = c.version
    where c.as_of <= $last
) as ranked
where recency = 1
order by target, version
