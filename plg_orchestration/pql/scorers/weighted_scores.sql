-- The weighted formula: six components from 0 to 100, of which usage volume is relative to the night's average user.
-- Context changes it only where the policy declares so: `volume_norm` may be the average of the user's own group, and a factor
-- below 1 is what time left of a component.
with components as (
    select
        as_of, user_id, account_id, active_days_30d, core_features_ever, days_since_last_active, teammates, spending_signals,
        volume_group,
        case when core_features_ever >= $key_features then 100.0 else 0.0 end * action_factor as action,
        least(100.0, active_days_30d / 30.0 * 100.0) * frequency_factor as frequency,
        coalesce(100.0 * exp(-days_since_last_active / $recency_days), 0.0) * recency_factor as recency,
        case when events_30d > 0 then least(100.0, events_30d / volume_norm * 100.0) else 0.0 end * volume_factor as volume,
        case when teammates >= 2 then 100.0 when teammates = 1 then 50.0 else 0.0 end * team_factor as team,
        case when spending_signals > 0 then 100.0 else 0.0 end * spending_factor as spending,
        concat_ws(
            ', ',
            case when action_factor < 0.995 then concat('core features ', round(100 * action_factor), ' %') end,
            case when spending_factor < 0.995 then concat('spending ', round(100 * spending_factor), ' %') end,
            case when frequency_factor < 0.995 then concat('frequency ', round(100 * frequency_factor), ' %') end,
            case when recency_factor < 0.995 then concat('recency ', round(100 * recency_factor), ' %') end,
            case when volume_factor < 0.995 then concat('volume ', round(100 * volume_factor), ' %') end,
            case when team_factor < 0.995 then concat('team ', round(100 * team_factor), ' %') end
        ) as faded
    from weighted_inputs
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
        case when volume >= 100 then concat(
            'uses the product more than the average user',
            case when volume_group is not null then concat(' of ', volume_group) end
        ) end,
        case when team > 0 then concat('works with ', teammates, ' teammates') end
    ) as reasons,
    concat_ws(
        '; ',
        case
            when action > 0 then null
            when coalesce(core_features_ever, 0) = 0 then 'used no core feature'
            when core_features_ever = 1 then 'used only 1 core feature'
            else concat('used only ', core_features_ever, ' core features')
        end,
        case when spending = 0 then 'no spending signal' end,
        case when frequency < 10 then concat('active on only ', active_days_30d, ' of the last 30 days') end,
        case when days_since_last_active is null then 'never active' when recency < 20
            then concat('last active ', days_since_last_active, ' days ago')
        end,
        case when volume < 50 then concat(
            'uses the product less than half as much as the average user',
            case when volume_group is not null then concat(' of ', volume_group) end
        ) end,
        case when team = 0 then 'works alone' end,
        case when faded <> '' then concat('faded with time: ', faded) end
    ) as against
from scores
