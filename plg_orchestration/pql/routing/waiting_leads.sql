-- Who stood in a team's queue after the last night before this one (the last with a champion), or had expired there,
-- and since when.
with last_night as (
    select max(as_of) as as_of
    from pql.champion
    where target = $target and as_of < $as_of and as_of >= $as_of - cast($expire_days as integer)
)
select d.user_id, d.account_id, d.decision_id, d.route, d.queued_since, d.queue_rank is not null as waiting
from pql.decisions as d
inner join last_night as n on n.as_of = d.as_of
where d.target = $target and d.queued_since is not null and not d.handed_over
