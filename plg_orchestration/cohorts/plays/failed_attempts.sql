-- How often agents have tried in vain to help each person since a person last did, and when the last such attempt ended.
with helped as (
    select contact_id, max(started_on) as helped_on
    from play_successes
    where actor = 'human' and not holdout and contact_id is not null
    group by contact_id
)
select s.contact_id, max(s.account_id) as account_id, count(*) as attempts, max(s.ends_on) as last_ended_on
from play_successes as s
left join helped as h on h.contact_id = s.contact_id
where
    s.actor = 'agent' and not s.holdout and s.ends_on <= $as_of and s.succeeded_on is null and s.contact_id is not null
    and (h.helped_on is null or s.started_on >= h.helped_on)
group by s.contact_id
