-- Invitations as known at the end of the as-of day: the newest version of each.
with versions as (
    select
        *,
        row_number() over (partition by invite_id order by known_at desc, file_id desc, line desc) as version
    from ingest.invites
    where known_date <= $as_of
)
select
    invite_id,
    inviter_id,
    invitee_hash,
    invitee_user_id,
    sent_at,
    accepted_at,
    opt_in_at,
    double_opt_in_at,
    region,
    known_at
from versions
where version = 1
