-- Everybody who signed up before the cut, with who pays for them and the attributes that tell groups apart.
select
    u.user_id, u.account_id, coalesce(u.account_id, u.user_id) as payer_id, u.signup_at,
    cast((u.signup_at at time zone 'UTC') at time zone $timezone as date) as signup_date,
    coalesce(a.signup_at, u.signup_at) as account_since,
    a.segment, a.industry, u.language, u.device,
    coalesce(u.region, a.region) as region,
    coalesce(u.acquisition_channel, a.acquisition_channel) as channel
from known_users as u
left join known_accounts as a on a.account_id = u.account_id
where u.signup_at < $cut
