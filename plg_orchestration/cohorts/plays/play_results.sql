-- What each play did against its holdout, by ISO week of entry and over all weeks: shares with Wilson intervals, and the
-- difference of the shares with the interval that Newcombe (1998, method 10) builds of both.
with counted as (
    select
        play, cast(entry_week as varchar) as cohort, arm,
        count(*) as n, count(*) filter (where mature) as mature_n, count(*) filter (where mature and succeeded) as succeeded
    from play_entries
    group by play, entry_week, arm
    union all
    select
        play, 'all' as cohort, arm,
        count(*) as n, count(*) filter (where mature) as mature_n, count(*) filter (where mature and succeeded) as succeeded
    from play_entries
    group by play, arm
),
cells as (
    select c.play, c.cohort, a.arm
    from (select play, cohort from counted group by play, cohort) as c
    cross join (select 'play' as arm union all select 'holdout' as arm) as a
),
shares as (
    select
        e.play, e.cohort, e.arm, coalesce(c.n, 0) as n, coalesce(c.mature_n, 0) as mature_n, coalesce(c.succeeded, 0) as succeeded,
        nullif(cast(c.mature_n as double), 0) as m,
        cast(c.succeeded as double) / nullif(c.mature_n, 0) as rate
    from cells as e
    left join counted as c on c.play = e.play and c.cohort = e.cohort and c.arm = e.arm
),
intervals as (
    select
        *,
        case when rate is not null then greatest(
            (rate + 1.9207294 / m - 1.959963984540054 * sqrt(rate * (1 - rate) / m + 0.9603647 / (m * m))) / (1 + 3.8414588 / m), 0
        ) end as ci_low,
        case when rate is not null then least(
            (rate + 1.9207294 / m + 1.959963984540054 * sqrt(rate * (1 - rate) / m + 0.9603647 / (m * m))) / (1 + 3.8414588 / m), 1
        ) end as ci_high
    from shares
),
compared as (
    select
        p.play, p.cohort,
        p.rate - h.rate as difference,
        p.rate - h.rate - sqrt((p.rate - p.ci_low) * (p.rate - p.ci_low) + (h.ci_high - h.rate) * (h.ci_high - h.rate)) as low,
        p.rate - h.rate + sqrt((p.ci_high - p.rate) * (p.ci_high - p.rate) + (h.rate - h.ci_low) * (h.rate - h.ci_low)) as high,
        least(p.mature_n, h.mature_n) as smaller
    from intervals as p
    inner join intervals as h on h.play = p.play and h.cohort = p.cohort and h.arm = 'holdout'
    where p.arm = 'play'
)
select
    $as_of as as_of, i.play, i.cohort, i.arm, i.n, i.mature_n, i.succeeded, i.rate, i.ci_low, i.ci_high,
    case when i.arm = 'play' then c.difference end as difference,
    case when i.arm = 'play' then c.low end as difference_low,
    case when i.arm = 'play' then c.high end as difference_high,
    case
        when i.arm = 'holdout' then null
        when c.smaller < $min_arm then 'too_little_data'
        when c.low > 0 then 'better'
        when c.high < 0 then 'worse'
        else 'no_difference'
    end as verdict
from intervals as i
inner join compared as c on c.play = i.play and c.cohort = i.cohort
