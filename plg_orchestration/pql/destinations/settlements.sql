-- Deliveries that are not to be sent any more, with their new state and the reason.
with standing as (
    select decision_id, route
    from pql.decisions
    where handed_over and not holdout and suppressed_reason is null
),
newest as (
    select destination, user_id, target, max(as_of) as as_of
    from pql.deliveries
    where state in ('pending', 'delivered', 'dead')
    group by destination, user_id, target
),
judged as (
    select
        w.idempotency_key, w.state as old_state, c.expire_days,
        case
            when c.destination is null then 'the destination is no longer configured'
            when s.decision_id is null then 'the decision does not stand any more: the lead is not handed over to this team'
            when c.latest_only and n.as_of > w.as_of then 'a newer lead of the same user goes to the same record'
        end as withdrawn,
        w.as_of + c.expire_days < cast($as_of as date) as expired
    from pql.deliveries as w
    left join config.destinations as c on c.destination = w.destination
    left join standing as s on s.decision_id = w.decision_id and s.route = w.route
    left join newest as n on n.destination = w.destination and n.user_id = w.user_id and n.target = w.target
    where w.state in ('pending', 'dead')
)
select
    idempotency_key,
    case when withdrawn is not null then 'withdrawn' else 'dead' end as state,
    coalesce(withdrawn, concat('not delivered within ', expire_days, ' days of its night')) as reason
from judged
where withdrawn is not null or (expired and old_state = 'pending')
order by idempotency_key
