-- The test rows of one scorer's version of the day. Whoever has no account stands for themselves, on every date.
-- Attributes are those of the row's own date; only the model's score is a probability.
select
    coalesce(t.account_id, t.user_id) as cluster, t.label, t.selected, t.score,
    case when t.scorer = 'model' then t.score end as probability,
    t.segment, t.channel, t.industry, t.region, t.language, t.device
from pql.test_predictions as t
where t.as_of = $as_of and t.target = $target and t.scorer = $scorer and t.version = $version
