-- Every account that a source row, an event, a subscription or a user names, as known at the end of the as-of day.
with versions as (
    select
        *,
        row_number() over (partition by account_id order by known_at, file_id, line, origin) as version
    from ingest.accounts
    where known_date <= $as_of
),
described as (
    select
        account_id,
        arg_max(name, version) filter (where name is not null) as name,
        arg_max(industry, version) filter (where industry is not null) as industry,
        arg_max(employees, version) filter (where employees is not null) as employees,
        arg_max(segment, version) filter (where segment is not null) as segment,
        arg_max(country, version) filter (where country is not null) as country,
        arg_max(region, version) filter (where region is not null) as region,
        arg_max(residency_region, version) filter (where residency_region is not null) as residency_region,
        arg_max(signup_at, version) filter (where origin = 'source' and signup_at is not null) as told_signup_at,
        min(signup_at) as first_at,
        arg_max(acquisition_channel, version) filter (where acquisition_channel is not null) as acquisition_channel,
        arg_max(churned, version) filter (where churned is not null) as churned,
        max(known_at) as known_at
    from versions
    group by account_id
),
named as (
    select account_id, first_at, known_at from described
    union all
    select account_id, min(started_at) as first_at, max(known_at) as known_at
    from ingest.subscriptions
    where known_date <= $as_of and account_id is not null
    group by account_id
    union all
    select account_id, min(signup_at) as first_at, max(known_at) as known_at
    from ingest.users
    where known_date <= $as_of and account_id is not null
    group by account_id
),
everywhere as (
    select account_id, min(first_at) as first_at, max(known_at) as known_at
    from named
    group by account_id
)
select
    e.account_id,
    d.name,
    d.industry,
    d.employees,
    coalesce(
        d.segment,
        case
            when d.employees < 100 then 'smb'
            when d.employees < 1000 then 'mid_market'
            when d.employees >= 1000 then 'enterprise'
        end
    ) as segment,
    d.country,
    d.region,
    d.residency_region,
    coalesce(d.told_signup_at, e.first_at) as signup_at,
    d.acquisition_channel,
    d.churned,
    e.known_at
from everywhere as e
left join described as d on d.account_id = e.account_id
