-- Which core features each user used on each day, as bit masks of 62 features each.
with numbered as (
    select feature, row_number() over (order by feature) - 1 as number
    from (select distinct feature from behavior.user_features where received_date between $oldest_day and $as_of) as f
)
select
    f.user_id, f.event_date, n.number // 62 as block,
    bit_or(cast(1 as bigint) << cast(n.number % 62 as integer)) as features
from behavior.user_features as f
join numbered as n on n.feature = f.feature
where f.received_date between $oldest_day and $as_of and f.event_date between $oldest_day and $as_of and f.user_id is not null
group by f.user_id, f.event_date, n.number // 62
