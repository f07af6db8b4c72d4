-- Users as known at the end of the as-of day: what was told counts, latest first; what travelled with events fills gaps.
with versions as (
    select
        *,
        origin in ('source', 'identify', 'group', 'signup') as told,
        row_number() over (partition by user_id order by known_at, file_id, line, origin) as version
    from ingest.users
    where known_date <= $as_of
)
select
    user_id,
    coalesce(
        arg_max(account_id, version) filter (where told and account_id is not null),
        arg_max(account_id, version) filter (where account_id is not null)
    ) as account_id,
    coalesce(
        min(signup_at) filter (where origin = 'signup'),
        arg_max(signup_at, version) filter (where told and signup_at is not null),
        min(signup_at),
        min(known_at)
    ) as signup_at,
    arg_max(role, version) filter (where role is not null) as role,
    arg_max(email_domain, version) filter (where email_domain is not null) as email_domain,
    coalesce(
        arg_max(country, version) filter (where told and country is not null),
        arg_min(country, version) filter (where country is not null)
    ) as country,
    coalesce(
        arg_max(region, version) filter (where told and region is not null),
        arg_min(region, version) filter (where region is not null)
    ) as region,
    coalesce(
        arg_max(language, version) filter (where told and language is not null),
        arg_min(language, version) filter (where language is not null)
    ) as language,
    coalesce(
        arg_max(device, version) filter (where told and device is not null),
        arg_min(device, version) filter (where device is not null)
    ) as device,
    arg_max(acquisition_channel, version) filter (where acquisition_channel is not null) as acquisition_channel,
    arg_max(referred_by, version) filter (where referred_by is not null) as referred_by,
    max(known_at) as known_at
from versions
group by user_id
