-- What every claim compares, by account: units and outcomes of the group that it is about, and of the others. Accounts that are
-- alike stand in one row with their number. Only members whose window is over are counted.
with early as (
    select
        cluster, activated_at < signup_at + cast($landmark_days as integer) * interval 1 day as there,
        paid_at < signup_at + cast($landmark_days + $conversion_days as integer) * interval 1 day as hit
    from claim_members
    where
        signup_at >= $early_from and signup_at < $early_to
        and (paid_at is null or paid_at >= signup_at + cast($landmark_days as integer) * interval 1 day)
),
valued as (
    select
        cluster, activated_at < signup_at + cast($value_minutes as integer) * interval 1 minute as there, active_on_day_1 as hit
    from claim_members
    where signup_date > $value_from and signup_date <= $value_to
),
referrals as (
    select cluster, referred as there, activated_at < signup_at + interval 24 hour as hit
    from claim_members
    where signup_at >= $referred_from and signup_at < $referred_to
),
leads as (
    select
        cluster, origin = 'pql' as there, paid_at < entered_at + cast($lead_days as integer) * interval 1 day as hit
    from claim_leads
    where entered_at >= $lead_from and entered_at < $lead_to and origin in ('pql', 'mql')
),
units as (
    select 'early_action_converts' as claim, cluster, coalesce(there, false) as there, coalesce(hit, false) as hit from early
    union all
    select 'fast_value_retains', cluster, coalesce(there, false), hit from valued
    union all
    select 'referred_activate_more', cluster, there, coalesce(hit, false) from referrals
    union all
    select 'referred_activation_24h', cluster, there, coalesce(hit, false) from referrals where there
    union all
    select 'pql_over_mql', cluster, there, coalesce(hit, false) from leads
    union all
    select 'pql_conversion_rate', cluster, there, coalesce(hit, false) from leads where there
    union all
    select 'mql_conversion_rate', cluster, true, coalesce(hit, false) from leads where not there
),
counted as (
    select
        claim, cluster, cast(count(*) filter (where there) as double) as n,
        cast(count(*) filter (where there and hit) as double) as hits, cast(count(*) filter (where not there) as double) as others,
        cast(count(*) filter (where not there and hit) as double) as other_hits, cast(null as varchar) as currency
    from units
    group by claim, cluster
    union all
    select 'fast_converters_revenue', cluster, mrr, case when fast then mrr else 0.0 end, 0.0, 0.0, currency
    from claim_revenue
)
select claim, n, hits, others, other_hits, currency, count(*) as clusters
from counted
group by claim, n, hits, others, other_hits, currency
order by claim, n, hits, others, other_hits, currency
