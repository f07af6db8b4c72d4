-- The champion's scores of the night by account: who is best, how many are leads, and how much of the active team they are.
with scored as (
    select s.target, s.scorer, s.version, s.account_id, s.user_id, s.score, s.percentile, s.is_pql, f.segment, f.active_days_28d
    from pql.scores as s
    inner join pql.champion as c
        on c.as_of = s.as_of and c.target = s.target and c.scorer = s.scorer and c.version = s.version
    inner join pql.features as f on f.as_of = s.as_of and f.user_id = s.user_id
    where s.as_of = $as_of and s.target = $target and s.account_id is not null
),
placed as (
    select *, row_number() over (partition by account_id order by score desc, user_id) as place
    from scored
),
rolled as (
    select
        target, scorer, version, account_id,
        max(segment) as segment,
        count(*) filter (where is_pql) as leads,
        count(*) as users,
        count(*) filter (where active_days_28d > 0) as active_users,
        count(*) filter (where is_pql and active_days_28d > 0) as active_leads,
        max(user_id) filter (where place = 1) as best_user_id,
        max(score) as best_score,
        max(percentile) filter (where place = 1) as best_percentile,
        round(avg(score), 9) as mean_score
    from placed
    group by target, scorer, version, account_id
)
select
    $as_of as as_of, target, scorer, version, account_id, segment,
    leads >= $min_leads as is_pqa,
    leads, users, active_users,
    cast(active_leads as double) / nullif(active_users, 0) as coverage,
    best_user_id, best_score, best_percentile, mean_score,
    row_number() over (order by best_score desc, leads desc, account_id) as account_rank
from rolled
