-- The candidates of the last trainings up to the day with the judgment of each night's challenger.
with nights as (
    select distinct as_of
    from pql.candidate
    where target = $target and as_of <= $as_of and status <> 'not_trained'
    order by as_of desc
    limit $nights
)
select
    c.as_of, c.scorer, c.algorithm, c.version, c.status, c.auc, c.auc_low, c.auc_high, c.lift, c.lift_low, c.lift_high, c.ece,
    c.data_hash, c.config_hash, c.code_version,
    case when c.scorer = 'model' then h.outcome end as outcome,
    case when c.scorer = 'model' then coalesce(nullif(c.reason, ''), h.reason) end as reason
from pql.candidate as c
inner join nights as n on n.as_of = c.as_of
left join pql.champion as h on h.as_of = c.as_of and h.target = c.target
where c.target = $target
order by c.as_of desc, case when c.scorer = 'model' then 0 else 1 end, c.scorer
