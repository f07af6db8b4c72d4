-- Every user and account with its segment, the reason, and what says so. Ranks and the median are those among the units of the
-- same kind that are old enough and used a core feature in the last window; they are middle ranks where values are equal.
with declared as (
    select
        count(*) filter (where role = 'core_feature') > 0 as has_core,
        count(*) filter (where role = 'activation') > 0 as has_activation
    from config.event_roles
),
basis as (
    select coalesce(max(value_basis), 'activity') as value_basis from account_teams
),
activated as (
    select unit, unit_id
    from behavior.milestones
    where received_date <= $as_of and role = 'activation'
    union
    select 'account' as unit, u.account_id as unit_id
    from behavior.milestones as m
    inner join known_users as u on u.user_id = m.unit_id
    where m.received_date <= $as_of and m.role = 'activation' and m.unit = 'user' and u.account_id is not null
),
described as (
    select
        s.unit, s.unit_id, s.account_id, s.signup_at, date_diff('day', s.signup_date, $as_of) as age_days,
        coalesce(u.core_events, 0) as core_events, coalesce(u.core_before, 0) as core_before,
        coalesce(u.collaborations, 0) as collaborations, coalesce(u.collaborations_before, 0) as collaborations_before,
        coalesce(u.active_days, 0) as active_days, coalesce(u.breadth, 0) as breadth, coalesce(u.depth, 0) as depth,
        coalesce(u.frequency, 0) as frequency,
        case
            when t.account_id is not null then t.active_users
            when s.account_id is not null then 0
        end as active_users,
        case
            when t.account_id is not null then t.roles_covered
            when s.account_id is not null then 0
        end as roles_covered,
        t.champion_user_id, t.champion_share, t.champion_silent_days, t.single_threaded,
        coalesce(t.champion_churn_exposure, false) as champion_churn_exposure,
        coalesce(t.champion_silent, false) as champion_silent, coalesce(t.paying, false) as paying, t.mrr, t.currency,
        case
            when t.account_id is not null then t.account_value
            when b.value_basis = 'activity' and s.account_id is null then cast(coalesce(u.core_events + u.core_before, 0) as double)
            else 0.0
        end as account_value,
        b.value_basis,
        d.has_core, d.has_activation, v.unit_id is not null as has_activated,
        least(
            greatest(date_diff('day', s.signup_date, $as_of) - cast($window_days as integer) + 1, 1), cast($window_days as integer)
        ) as days_before
    from signups as s
    cross join declared as d
    cross join basis as b
    left join unit_usage as u on u.unit = s.unit and u.unit_id = s.unit_id
    left join account_teams as t on t.account_id = s.account_id
    left join activated as v on v.unit = s.unit and v.unit_id = s.unit_id
),
peers as (
    select
        *,
        age_days >= $min_age_days and core_events > 0 as is_peer,
        age_days >= $min_age_days and core_events + core_before > 0 as is_valued
    from described
),
worth as (
    select median(account_value) as value_median
    from peers
    where is_valued and (unit = 'account' or account_id is null)
),
measured as (
    select unit, 'depth' as measure, depth as amount, count(*) as units from peers where is_peer group by unit, depth
    union all
    select unit, 'breadth' as measure, breadth as amount, count(*) as units from peers where is_peer group by unit, breadth
    union all
    select unit, 'frequency' as measure, frequency as amount, count(*) as units from peers where is_peer group by unit, frequency
),
percentiles as (
    select
        unit, measure, amount,
        100.0 * (cast(sum(units) over (partition by unit, measure order by amount) as bigint) - units + 0.5 * units)
        / cast(sum(units) over (partition by unit, measure) as bigint) as percentile
    from measured
),
placed as (
    select
        p.*, w.value_median,
        d.percentile as depth_percentile, b.percentile as breadth_percentile, f.percentile as frequency_percentile,
        case when core_before > 0 then
            round(cast(core_events as double) * days_before / (cast(core_before as double) * $window_days) - 1, 9)
        end as core_change,
        round(
            collaborations - cast(collaborations_before as double) * $window_days / days_before, 9
        ) as collaboration_change
    from peers as p
    cross join worth as w
    left join percentiles as d on p.is_peer and d.unit = p.unit and d.measure = 'depth' and d.amount = p.depth
    left join percentiles as b on p.is_peer and b.unit = p.unit and b.measure = 'breadth' and b.amount = p.breadth
    left join percentiles as f on p.is_peer and f.unit = p.unit and f.measure = 'frequency' and f.amount = p.frequency
),
judged as (
    select
        *,
        case
            when age_days < $min_age_days then 'too_new'
            when not has_core then 'no_core_feature'
            when core_events + core_before < $min_core_events then 'too_little_data'
        end as unclear,
        coalesce(core_change <= -$core_drop, false) as falling,
        coalesce(account_value > value_median, false) as valuable,
        coalesce(active_users = 1, false) as island,
        coalesce(depth_percentile > $depth_percentile, false) and coalesce(breadth_percentile > $breadth_percentile, false)
        and collaboration_change > 0 as rising
    from placed
),
ordered as (
    select
        *,
        least(
            case when falling and (valuable or island) then cast($risk_touch_place as integer) else 9 end,
            case when rising then cast($high_touch_place as integer) else 9 end,
            case when not falling then cast($tech_touch_place as integer) else 9 end
        ) as first_place
    from judged
),
named as (
    select
        *,
        case
            when unclear is not null or first_place = 9 then 'unclassified'
            when first_place = $risk_touch_place then 'risk_touch'
            when first_place = $high_touch_place then 'high_touch'
            else 'tech_touch'
        end as segment,
        case
            when unclear is not null then unclear
            when first_place = 9 then 'falling_low_value'
            when first_place = $risk_touch_place then case when valuable then 'falling_high_value' else 'falling_single_user' end
            when first_place = $high_touch_place then 'deep_broad_rising'
            when core_change is null then 'begun'
            else 'stable'
        end as reason_code,
        case
            when core_change is null then 'core usage began in the last ' || cast($window_days as varchar) || ' days'
            when core_change < 0 then
                'core usage fell by ' || cast(cast(round(-100 * core_change) as bigint) as varchar) || ' % over '
                || cast($window_days as varchar) || ' days'
            else
                'core usage grew by ' || cast(cast(round(100 * core_change) as bigint) as varchar) || ' % over '
                || cast($window_days as varchar) || ' days'
        end as usage_words,
        'account value ' || cast(cast(round(account_value) as bigint) as varchar) || ' (' || value_basis || ')' as value_words
    from ordered
)
select
    $as_of as as_of, unit, unit_id, account_id, segment, reason_code,
    case reason_code
        when 'too_new' then
            'too new: signed up ' || cast(age_days as varchar) || ' days ago, ' || cast($min_age_days as varchar) || ' are needed'
        when 'no_core_feature' then 'too little data: no event plays the role core_feature'
        when 'too_little_data' then
            'too little data: ' || cast(core_events + core_before as varchar) || ' core events in '
            || cast(2 * cast($window_days as integer) as varchar) || ' days'
        when 'falling_low_value' then
            usage_words || ', but ' || value_words || ' is not above the median and not exactly one user is active'
        when 'falling_high_value' then
            usage_words || ', and ' || value_words || ' is above the median'
            || case when island then '; only one user is active' else '' end
        when 'falling_single_user' then usage_words || ', and only one user is active'
        when 'deep_broad_rising' then
            'depth at percentile ' || cast(cast(round(depth_percentile) as bigint) as varchar) || ', breadth at percentile '
            || cast(cast(round(breadth_percentile) as bigint) as varchar) || ', collaboration up by '
            || cast(cast(round(collaboration_change) as bigint) as varchar) || ' events'
        else usage_words
    end as reason,
    signup_at, cast(age_days as bigint) as age_days,
    case when has_core then breadth end as breadth,
    case when has_core then depth end as depth,
    frequency, breadth_percentile, depth_percentile, frequency_percentile,
    core_events, core_before, core_change, collaborations, collaboration_change,
    active_users, roles_covered,
    active_users = 1 as power_user_island,
    single_threaded, champion_user_id, champion_share, champion_silent_days, champion_churn_exposure, champion_silent,
    paying, cast(mrr as decimal(18, 2)) as mrr, currency,
    cast(case when champion_churn_exposure then mrr end as decimal(18, 2)) as mrr_exposed,
    account_value, value_basis, value_median,
    case when has_activation then not has_activated and age_days >= $zombie_after_days end as zombie,
    cast(case when has_activation and not has_activated and age_days >= $zombie_after_days then age_days end as bigint)
    as zombie_days
from named
