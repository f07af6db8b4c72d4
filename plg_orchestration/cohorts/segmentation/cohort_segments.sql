-- Every published cohort segment and the workspace as a whole: four measures with 95 % intervals, held against the published
-- figures. Shares have Wilson's interval with the number of members divided by the design effect of their accounts, means
-- Student's over the accounts (its quantile by Cornish and Fisher's expansion, from 5 accounts on).
with money as (
    select count(distinct currency) as kinds, min(currency) as currency
    from booked_periods
    where known_to > $as_of and started_at < $cut
),
units as (
    select 'user' as unit
    union all
    select 'account' as unit
),
knowledge as (
    select
        (select count(*) from config.event_roles where role = 'activation') > 0 as has_activation,
        (select count(*) from config.event_roles where role = 'plan_upgraded') > 0 as has_upgrade,
        (select count(*) from known_subscriptions) > 0 as has_subscriptions
),
cells as (
    select
        b.place, b.cohort_segment, b.measure, b.unit_of_measure, b.better, b.benchmark, b.currency as benchmark_currency,
        b.source, u.unit, k.has_activation, k.has_upgrade, k.has_subscriptions, m.kinds, m.currency,
        coalesce(f.members, 0) as members, coalesce(f.mature, 0) as mature, coalesce(f.n, 0) as n,
        coalesce(f.clusters, 0) as clusters, b.unit_of_measure = 'percent' as is_share,
        case when b.unit_of_measure = 'percent' then f.total end as hits,
        f.mean - case when b.measure = 'arpu_delta_per_month' then o.mean else 0 end as mean,
        f.variance * case when b.unit_of_measure = 'percent' then 1.0 else cast(f.clusters as double) / nullif(f.clusters - 1, 0) end
        + case
            when b.measure = 'arpu_delta_per_month' then o.variance * o.clusters / nullif(o.clusters - 1, 0) else 0
        end as variance
    from config.cohort_segment_benchmarks as b
    cross join units as u
    cross join knowledge as k
    cross join money as m
    left join cohort_measures as f on f.cohort_segment = b.cohort_segment and f.unit = u.unit and f.measure = b.measure
    left join cohort_measures as o on o.measure = 'arpu_of_all' and o.unit = u.unit
),
blocked as (
    select
        *,
        case
            when measure in ('activation_24h_pct', 'avg_days_to_first_key_action') and not has_activation then
                'no event plays the role activation'
            when measure = 'free_to_paid_pct' and not has_subscriptions and not has_upgrade then
                'neither subscriptions nor an event of the role plan_upgraded are known'
            when measure = 'arpu_delta_per_month' and not has_subscriptions then 'no subscription is known'
            when measure = 'arpu_delta_per_month' and kinds > 1 then 'accounts pay in several currencies'
            when members = 0 then 'nobody entered this segment'
            when mature = 0 then 'the window is still open for everybody'
            when n = 0 and measure = 'avg_days_to_first_key_action' then 'nobody reached the key action in time'
            when n = 0 and measure = 'arpu_delta_per_month' then 'nobody of them converted in time'
            when n = 0 then 'everybody was paying already'
        end as reason,
        case
            when is_share then n / greatest(coalesce(variance * n / nullif(mean * (1 - mean), 0), 1), 1)
        end as independent,
        cast(nullif(clusters - 1, 0) as double) as freedom
    from cells
),
widths as (
    select
        *,
        case
            when not is_share and clusters >= 5 then
                sqrt(variance) * (
                    1.959963984540054 + 2.372271 / freedom + 2.822499 / (freedom * freedom)
                    + 2.555852 / (freedom * freedom * freedom) + 1.589536 / (freedom * freedom * freedom * freedom)
                )
        end as half,
        case when is_share then (mean * independent + 1.920729410347062) / (independent + 3.841458820694124) end as wilson_center,
        case
            when is_share then
                1.959963984540054 * sqrt(greatest(mean * (1 - mean), 0.0) * independent + 0.960364705173531)
                / (independent + 3.841458820694124)
        end as wilson_half
    from blocked
),
valued as (
    select
        *,
        case when reason is null then case when is_share then 100 * mean else mean end end as value,
        case
            when reason is not null then null
            when is_share then 100 * greatest(wilson_center - wilson_half, 0.0)
            when measure = 'avg_days_to_first_key_action' and half is not null then greatest(mean - half, 0.0)
            else mean - half
        end as ci_low,
        case
            when reason is not null then null
            when is_share then 100 * least(wilson_center + wilson_half, 1.0)
            else mean + half
        end as ci_high,
        benchmark_currency is null or coalesce(currency = benchmark_currency, false) as comparable
    from widths
)
select
    $as_of as as_of, cohort_segment, unit, measure, members, mature, n,
    case when reason is null then cast(round(hits) as bigint) end as hits, value, ci_low, ci_high,
    case when measure = 'arpu_delta_per_month' then coalesce(currency, benchmark_currency) || ' per month' else unit_of_measure end
    as unit_of_measure,
    better, benchmark,
    case when measure = 'arpu_delta_per_month' then benchmark_currency || ' per month' else unit_of_measure end as benchmark_unit,
    source,
    case when comparable then value - benchmark end as difference,
    case
        when benchmark is null or not comparable or ci_low is null then 'insufficient'
        when ci_low > benchmark then 'above'
        when ci_high < benchmark then 'below'
        else 'within'
    end as verdict,
    case
        when reason is not null then reason
        when benchmark is null then 'no figure is published'
        when not comparable then 'the published amount is in another currency'
        when ci_low is null then 'fewer than 5 accounts make no interval'
    end as reason
from valued
order by unit desc, place, measure
