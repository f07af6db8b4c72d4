-- The share of recent signups that the detector takes for fake, on each night that computed it, as alert rules read values.
select
    'fake_account_ratio' as kpi, 'day' as period, as_of as period_start, 'all' as segment,
    max(case when value is null then evidence end) as reason,
    100 * max(value) as value, max(numerator) as numerator, max(denominator) as denominator,
    cast(coalesce(max(denominator), 0) as bigint) as n,
    cast(null as double) as ci_low, cast(null as double) as ci_high, max(case when value is not null then 1.0 end) as mature_share,
    cast(null as varchar) as definition_hash
from governance.controls
where metric = 'fake_account_ratio' and as_of <= $as_of and as_of >= $first_day
group by as_of
order by as_of
