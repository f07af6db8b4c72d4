-- The measures of the viral loop with their intervals: Wilson's for shares, the normal one between persons for means, and those
-- of the two medians.
with ratios as (
    select
        measure, kind, cohort_by, cohort, units, n, total, total / nullif(n, 0) as value,
        sqrt(greatest(squares - total * total / nullif(n, 0), 0) / nullif(n - 1, 0) / nullif(n, 0)) as error
    from viral_tallies
),
bounded as (
    select
        *,
        (value + 1.920729410347062 / n) / (1 + 3.841458820694124 / n) as center,
        1.959963984540054 * sqrt(value * (1 - value) / n + 0.960364705173531 / n / n) / (1 + 3.841458820694124 / n) as half
    from ratios
    where n > 0
),
waits as (
    select cohort_by, cohort, units, n as settled, cast(total as bigint) as invited
    from viral_tallies
    where measure = 'inviting_share'
),
ever as (
    select
        case when grouping(signup_month) = 1 then 'all' else strftime(signup_month, '%Y-%m') end as cohort,
        case when grouping(signup_month) = 1 then 'all' else 'signup_month' end as cohort_by,
        count(days_to_invite) as invited
    from viral_units
    group by grouping sets ((), (signup_month))
),
found as (
    select
        r.measure, r.cohort_by, r.cohort, r.value, r.total as numerator, cast(r.n as double) as denominator, r.n,
        case
            when r.kind = 'share' and r.n > 0 then greatest(b.center - b.half, 0)
            when r.kind = 'mean' and r.error > 0 then greatest(r.value - 1.959963984540054 * r.error, 0)
        end as ci_low,
        case
            when r.kind = 'share' and r.n > 0 then least(b.center + b.half, 1)
            when r.kind = 'mean' and r.error > 0 then r.value + 1.959963984540054 * r.error
        end as ci_high,
        case
            when r.kind = 'share' then 'share' when r.measure in ('k_per_member', 'accepted_per_user_so_far') then 'users'
            else 'invites'
        end as unit,
        cast(r.n as double) / nullif(r.units, 0) as mature_share
    from ratios as r
    left join bounded as b on b.measure = r.measure and b.cohort_by = r.cohort_by and b.cohort = r.cohort
    union all
    select
        'time_to_invite', w.cohort_by, w.cohort, m.median, w.invited, w.settled, w.invited, m.ci_low, m.ci_high, 'days',
        cast(w.settled as double) / nullif(w.units, 0)
    from waits as w
    left join viral_medians as m on m.cohort_by = w.cohort_by and m.cohort = w.cohort
    union all
    select
        'time_to_invite_with_waiting', w.cohort_by, w.cohort, k.median, e.invited, w.units, w.units, k.ci_low, k.ci_high,
        'days', 1.0
    from waits as w
    inner join ever as e on e.cohort_by = w.cohort_by and e.cohort = w.cohort
    left join viral_waiting as k on k.cell = w.cohort_by and k.code = w.cohort
)
select
    $as_of as as_of, f.measure, f.cohort_by, f.cohort, f.value, cast(f.numerator as double) as numerator,
    cast(f.denominator as double) as denominator, cast(f.n as bigint) as n, f.ci_low, f.ci_high, f.unit, f.mature_share, g.goal
from found as f
left join config.viral_goals as g on g.measure = replace(f.measure, '_with_waiting', '')
