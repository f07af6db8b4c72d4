-- The newest contest of scorers on rows that none of them had seen: one row a scorer, the best ranking first.
with newest as (
    select *, dense_rank() over (order by as_of desc) as recency
    from pql.candidate
    where as_of <= $as_of
)
select
    scorer, version, status, reason, as_of, test_rows, test_positives, base_rate, auc, auc_low, auc_high, lift, lift_low, lift_high,
    precision_at_capacity, recall, ece
from newest
where recency = 1
order by auc desc nulls last, scorer
