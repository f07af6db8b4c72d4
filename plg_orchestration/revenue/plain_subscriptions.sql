-- A plain table of subscriptions as known at the cut: of several versions of one subscription, the one learnt last.
select
    account_id, subscription_id, cast(mrr as decimal(18, 2)) as mrr, currency, cast(null as bigint) as seats, trial,
    started_at, ended_at, date '0001-01-01' as known_from, cast(null as date) as known_to
from subscription_rows
where known_at is null or known_at < $cut
qualify row_number() over (partition by subscription_id order by known_at desc nulls last, position desc) = 1
