-- Which anonymous id belongs to which user, as identify and alias calls of a batch tell; only what is earlier than known.
with linked as (
    select
        file,
        case when kind = 'alias' then previous_id else anonymous_id end as anonymous_id,
        user_id,
        min(received_at) as known_at,
        min(received_date) as known_date
    from new_events
    where kind in ('identify', 'alias') and user_id is not null
    group by 1, 2, 3
),
ordered as (
    select
        *,
        min(known_at) over (
            partition by anonymous_id, user_id order by file rows between unbounded preceding and 1 preceding
        ) as earlier
    from linked
    where anonymous_id is not null and anonymous_id != user_id
)
select l.anonymous_id, l.user_id, l.known_at, l.known_date
from ordered as l
where
    (l.earlier is null or l.known_at < l.earlier)
    and not exists (
        select 1 from ingest.identities as i
        where i.anonymous_id = l.anonymous_id and i.user_id = l.user_id and i.known_at <= l.known_at
    )
