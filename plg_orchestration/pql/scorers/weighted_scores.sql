-- The weighted formula: six components from 0 to 100, of which usage volume is relative to the night's average user.
with components as (
    select
        as_of, user_id, account_id, active_days_30d, core_features_ever, days_since_last_active, teammates, spending_signals,
        case when core_features_ever >= $key_features then 100.0 else 0.0 end as action,
        least(100.0, active_days_30d / 30.0 * 100.0) as frequency,
        coalesce(100.0 * exp(-days_since_last_active / $recency_days), 0.0) as recency,
        case when events_30d > 0
            then least(100.0, events_30d / avg(events_30d) over (partition by as_of) * 100.0) else 0.0
        end as volume,
        case when teammates >= 2 then 100.0 when teammates = 1 then 50.0 else 0.0 end as team,
        case when spending_signals > 0 then 100.0 else 0.0 end as spending
    from scored_features
),
weights as (
    select
        max(weight) filter (where component = 'action') as action,
        max(weight) filter (where component = 'frequency') as frequency,
        max(weight) filter (where component = 'recency') as recency,
        max(weight) filter (where component = 'volume') as volume,
        max(weight) filter (where component = 'team') as team,
        max(weight) filter (where component = 'spending') as spending
    from config.weights
),
scores as (
    select
        c.*,
        c.action * w.action + c.frequency * w.frequency + c.recency * w.recency + c.volume * w.volume + c.team * w.team
            + c.spending * w.spending as score
    from components as c
    cross join weights as w
)
select
    as_of, user_id, account_id, score, score > $threshold as is_pql, action, frequency, recency, volume, team, spending,
    concat_ws(
        '; ',
        case when action > 0 then concat('used ', core_features_ever, ' core features') end,
        case when spending > 0 then 'showed a spending signal' end,
        case when frequency >= 20 then concat('active on ', active_days_30d, ' of the last 30 days') end,
        case when recency >= 50 then concat('last active ', days_since_last_active, ' days ago') end,
        case when volume >= 100 then 'uses the product more than the average user' end,
        case when team > 0 then concat('works with ', teammates, ' teammates') end
    ) as reasons
from scores
