-- Every KPI of every period: value and interval, or the reason why there is none, for every segment; in the snapshot's periods for
-- every value of its dimensions too. The snapshot has the newest period, and of a KPI whose window closes later the older ones back
-- to the newest one that is wholly mature; the history has as many as `in_history` says.
-- A ratio's interval is its error (spread.py) times the quantile of Student's t with n - 1 degrees of freedom, expanded around the
-- normal one; of a ratio that cannot be negative it is one of its logarithm. Figures are rounded to nine decimals, since sums of
-- fractions depend on their order in the last digits; what lies halfway (seconds as days often do) goes up on either side of it.
with facts as (
    select
        (select count(segment) from known_accounts) > 0 as segments_known,
        (select count(distinct coalesce(currency, $currency)) from known_spend where coalesce(currency, $currency) <> $currency) > 0
        as foreign_spend,
        (select min(as_of) from pql.decisions where as_of <= $as_of) as decided_from,
        count(distinct currency) as currencies,
        coalesce(lower(min(currency)), lower($currency)) as currency
    from booked_periods
    where known_to > $as_of
),
stretches as (
    select
        d.kpi, d.measure, d.scale, d.signed, d.better, d.matures_days, d.segmented, d.empty, d.unavailable,
        d.definition_hash, d.by_channel, d.by_region, d.by_device, d.by_plan, p.period, p.period_start, p.period_end,
        p.back = 0 or (d.matures_days > 0 and p.newer_end + d.matures_days > cast($next_day as date)) as in_snapshot,
        p.back = 0 or (d.history and p.in_history) as in_history,
        case when d.money then replace(d.unit, 'usd', w.currency) else d.unit end as unit,
        case
            when d.unavailable is not null then d.unavailable
            when p.period_end <= cast($start as date) then 'the period ended before the workspace''s first day'
            when d.money and w.currencies > 1 then 'accounts pay in several currencies, and no exchange rate is known'
            when d.decided and w.decided_from is null then 'no night has decided on leads yet'
            when d.decided and w.decided_from > p.period_start
                then concat('the period began before the first night that decided on leads, ', cast(w.decided_from as varchar))
            when d.spend and w.foreign_spend then 'spend is stated in another currency than the reporting one'
        end as blocked,
        w.segments_known
    from kpi_definitions as d
    join kpi_periods as p
        on case p.period when 'day' then d.day when 'week' then d.week when 'month' then d.month else d.quarter end
    cross join facts as w
),
found as (
    select kpi, period, period_start, dimension, dimension_value from kpi_measures where dimension <> ''
    union
    select kpi, period, period_start, dimension, dimension_value from kpi_medians where dimension <> ''
),
cells as (
    select
        c.kpi, c.measure, c.scale, c.signed, c.better, c.matures_days, c.empty, c.definition_hash, c.period, c.period_start,
        c.in_snapshot,
        c.in_history, s.segment, '' as dimension, '' as dimension_value, c.unit,
        case
            when c.blocked is not null then c.blocked
            when s.segment <> 'all' and not c.segmented then 'it is not known by segment'
            when s.segment <> 'all' and not c.segments_known then 'no account''s segment is known, nor its number of employees'
        end as blocked
    from stretches as c
    cross join (values ('all'), ('smb'), ('mid_market'), ('enterprise')) as s(segment)
    where c.in_snapshot or c.in_history
    union all
    select
        c.kpi, c.measure, c.scale, c.signed, c.better, c.matures_days, c.empty, c.definition_hash, c.period, c.period_start,
        c.in_snapshot,
        false as in_history, 'all' as segment, g.dimension, g.dimension_value, c.unit, c.blocked
    from stretches as c
    join found as g
        on g.kpi = c.kpi and g.period = c.period and g.period_start = c.period_start
        and case g.dimension
            when 'channel' then c.by_channel when 'region' then c.by_region when 'device' then c.by_device else c.by_plan
        end
    where c.in_snapshot and c.blocked is null
),
measured as (
    -- The residual of rows that are all alike is 0 but for the last digits: what is too small against its terms is none.
    select
        *, squares - 2 * ratio * products + ratio * ratio * others as residual, squares + ratio * ratio * others as size
    from (
        select *, case when denominator <> 0 then numerator / denominator end as ratio from kpi_measures
    ) as summed
),
figures as (
    select
        c.kpi, c.measure, c.scale, c.signed, c.better, c.matures_days, c.empty, c.definition_hash, c.period, c.period_start,
        c.in_snapshot,
        c.in_history, c.segment, c.dimension, c.dimension_value, c.unit, c.blocked,
        case when c.blocked is null and c.measure not in ('median', 'waiting') then coalesce(f.numerator, 0) end as numerator,
        case
            when c.blocked is null and c.measure in ('proportion', 'ratio') then coalesce(f.denominator, 0)
        end as denominator,
        case when c.blocked is null then coalesce(q.n, f.n, 0) end as n,
        case when c.blocked is null then q.median end as median,
        case when c.blocked is null then q.ci_low end as median_low,
        case when c.blocked is null then q.ci_high end as median_high,
        case when c.blocked is null and f.n > 1 then f.error end as error,
        case when c.blocked is null and f.n > 1 and f.denominator <> 0 then
            sqrt(case when f.residual > 1e-11 * f.size then f.residual else 0 end * f.n / (f.n - 1)) / abs(f.denominator)
        end as linear_error,
        case
            when c.blocked is not null then null
            when c.matures_days = 0 then 1.0
            when f.total > 0 then f.mature / cast(f.total as double)
        end as mature_share
    from cells as c
    left join measured as f
        on f.kpi = c.kpi and f.period = c.period and f.period_start = c.period_start and f.segment = c.segment
        and f.dimension = c.dimension and f.dimension_value = c.dimension_value
    left join kpi_medians as q
        on q.kpi = c.kpi and q.period = c.period and q.period_start = c.period_start and q.segment = c.segment
        and q.dimension = c.dimension and q.dimension_value = c.dimension_value
),
valued as (
    select
        kpi, measure, scale, signed or error is not null as even_sided, better, matures_days, empty, definition_hash, period,
        period_start, in_snapshot, in_history, segment,
        dimension, dimension_value, unit, blocked, numerator, denominator, n, mature_share, median_low, median_high,
        nullif(round(scale * coalesce(error, linear_error) * case n
            when 2 then 12.706204736174694 when 3 then 4.302652729749462
            else 1.959963984540054 + 2.372271230298562 / nullif(n - 1, 0) + 2.8224986157396112 / power(nullif(n - 1, 0), 2)
                + 2.555849679507722 / power(nullif(n - 1, 0), 3) + 1.5895340533938225 / power(nullif(n - 1, 0), 4)
        end, 6), 0) as half,
        case
            when measure = 'count' then numerator
            when measure in ('median', 'waiting') then median
            when denominator <> 0 then scale * numerator / denominator
        end as value,
        case when measure = 'proportion' and denominator > 0 then (numerator + 1.920729410347062)
            / (denominator + 3.841458820694124) end as wilson_center,
        case when measure = 'proportion' and denominator > 0 then 1.959963984540054
            * sqrt(numerator * (denominator - numerator) / denominator + 0.960364705173531)
            / (denominator + 3.841458820694124) end as wilson_half
    from figures
),
ended as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, in_snapshot, in_history, better, value,
        numerator, denominator, cast(n as bigint) as n,
        case
            when wilson_half is not null then scale * greatest(0.0, wilson_center - wilson_half)
            when half is not null and (even_sided or value <= 0) then value - half
            when half is not null then value * exp(-half / value)
            else median_low
        end as ci_low,
        case
            when wilson_half is not null then scale * least(1.0, wilson_center + wilson_half)
            when half is not null and (even_sided or value <= 0) then value + half
            when half is not null then value * exp(half / value)
            else median_high
        end as ci_high,
        unit, mature_share,
        case
            when blocked is not null then blocked
            when value is not null then null
            when mature_share = 0 then 'the window of ' || cast(matures_days as varchar) || ' days is still open for everybody'
            else empty
        end as reason,
        definition_hash
    from valued
)
select
    kpi, period, period_start, segment, dimension, dimension_value, in_snapshot, in_history, better,
    round(value + 1e-12 * sign(value), 9) as value, round(numerator + 1e-12 * sign(numerator), 9) as numerator,
    round(denominator + 1e-12 * sign(denominator), 9) as denominator, n,
    round(ci_low + 1e-12 * sign(ci_low), 9) as ci_low, round(ci_high + 1e-12 * sign(ci_high), 9) as ci_high,
    unit, mature_share, reason, definition_hash
from ended
