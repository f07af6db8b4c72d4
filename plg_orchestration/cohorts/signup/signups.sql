-- Every user and account known at the as-of day with its signup and the attributes by which cohorts are told apart.
with members as (
    select
        account_id, signup_at, acquisition_channel, region, device,
        row_number() over (partition by account_id order by signup_at, user_id) as place
    from known_users
    where account_id is not null
),
units as (
    select
        'user' as unit, u.user_id as unit_id, u.account_id, u.signup_at, u.acquisition_channel as channel, a.segment,
        coalesce(u.region, a.region) as region, u.device
    from known_users as u
    left join known_accounts as a on a.account_id = u.account_id
    union all
    select
        'account' as unit, a.account_id as unit_id, a.account_id, coalesce(a.signup_at, m.signup_at) as signup_at,
        coalesce(a.acquisition_channel, m.acquisition_channel) as channel, a.segment, coalesce(a.region, m.region) as region,
        m.device
    from known_accounts as a
    left join members as m on m.account_id = a.account_id and m.place = 1
)
select
    unit, unit_id, account_id, signup_at,
    cast((signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date,
    coalesce(channel, 'unknown') as channel,
    coalesce(segment, 'unknown') as segment,
    coalesce(region, 'unknown') as region,
    coalesce(device, 'unknown') as device
from units
where signup_at < $cut
