-- Fields that identify an invited person who did not become a user for too long: invitations counted now, other stores as the
-- night's purge found them. NULL when the purge has not run for the day.
with purge as (
    select
        count(*) as stores,
        max(dropped_before) as dropped_before,
        max(retention_days) as retention_days,
        coalesce(sum(past_retention) filter (where store <> 'invitations'), 0) as elsewhere,
        coalesce(sum(dropped), 0) as dropped
    from governance.invite_retention
    where as_of = $as_of
),
became_users as (
    select distinct invitee_hash from ingest.invites where invitee_user_id is not null and invitee_hash is not null
),
invitations as (
    select count(*) as invites, count(*) filter (where i.sent_at < p.dropped_before and u.invitee_hash is null) as past
    from ingest.invites as i
    cross join purge as p
    left join became_users as u on u.invitee_hash = i.invitee_hash
    where i.invitee_hash is not null
)
select
    case when p.stores > 0 then cast(i.past + p.elsewhere as double) end as value,
    cast(i.past + p.elsewhere as double) as numerator,
    cast(i.invites as double) as denominator,
    case
        when p.stores = 0 then 'the purge of invited people has not run on this day'
        else cast(cast(i.past + p.elsewhere as bigint) as varchar) || ' fields identify an invited person after '
            || cast(p.retention_days as varchar) || ' days; the night dropped ' || cast(cast(p.dropped as bigint) as varchar)
            || ', and ' || cast(i.invites as varchar) || ' rows hold one in time or of a user'
    end as detail
from purge as p
cross join invitations as i
