-- The mean of every measure over the members of a cohort segment, and the variance of that mean. Users of one account activate and
-- pay together: the variance is that of the accounts' sums around the mean (for accounts the ordinary one).
with samples as (
    select
        cohort_segment, unit, cluster, 'activation_24h_pct' as measure, over_24h as mature, over_24h as counts,
        case when key_days < 1 then 1.0 else 0.0 end as x
    from cohort_outcomes
    union all
    select
        cohort_segment, unit, cluster, 'free_to_paid_pct' as measure, over_paid as mature, counts_paid as counts,
        case when converted then 1.0 else 0.0 end as x
    from cohort_outcomes
    union all
    select
        cohort_segment, unit, cluster, 'avg_days_to_first_key_action' as measure, over_action as mature,
        coalesce(over_action and key_days < $action_days, false) as counts, key_days as x
    from cohort_outcomes
    union all
    select
        cohort_segment, unit, cluster, 'arpu_delta_per_month' as measure, over_paid as mature,
        counts_paid and converted and monthly is not null as counts, monthly as x
    from cohort_outcomes
    union all
    select
        cohort_segment, unit, cluster, 'arpu_of_all' as measure, over_paid as mature,
        counts_paid and monthly is not null as counts, monthly as x
    from cohort_outcomes
    where cohort_segment = 'overall'
),
clusters as (
    select
        cohort_segment, unit, measure, cluster, count(*) as members, count(*) filter (where mature) as mature,
        count(*) filter (where counts) as n, coalesce(sum(case when counts then cast(x as double) end), 0.0) as total
    from samples
    group by cohort_segment, unit, measure, cluster
),
sums as (
    select
        cohort_segment, unit, measure, sum(members) as members, sum(mature) as mature, sum(n) as n, sum(total) as total,
        count(*) filter (where n > 0) as clusters, sum(total * total) as squares, sum(total * n) as products,
        sum(cast(n as double) * n) as sizes
    from clusters
    group by cohort_segment, unit, measure
),
means as (
    select *, total / nullif(n, 0) as mean
    from sums
)
select
    cohort_segment, unit, measure, cast(members as bigint) as members, cast(mature as bigint) as mature, cast(n as bigint) as n,
    total, clusters, mean,
    greatest(squares - 2 * mean * products + mean * mean * sizes, 0.0) / nullif(cast(n as double) * n, 0) as variance
from means
