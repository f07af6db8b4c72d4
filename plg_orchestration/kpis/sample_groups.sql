-- Every sample in each group that it belongs to: all, its segment, and in the newest period the value of each of its dimensions.
-- Groups are numbers (`cell`: KPI and period; `code`: who), by which sorting is cheaper than by names; sample_cells.sql and sample_codes.sql name these.
with coded as (
    select
        c.cell, c.detailed, k.value, k.happened, s.code as segment_code, h.code as channel_code, r.code as region_code,
        d.code as device_code, p.code as plan_code
    from kpi_samples as k
    join sample_cells as c on c.kpi = k.kpi and c.period = k.period and c.period_start = k.period_start
    join sample_codes as s on s.dimension = 'segment' and s.item = coalesce(k.segment, 'unknown')
    join sample_codes as h on h.dimension = 'channel' and h.item = coalesce(k.channel, 'unknown')
    join sample_codes as r on r.dimension = 'region' and r.item = coalesce(k.region, 'unknown')
    join sample_codes as d on d.dimension = 'device' and d.item = coalesce(k.device, 'unknown')
    join sample_codes as p on p.dimension = 'plan' and p.item = coalesce(k.plan, 'unknown')
)
select cell, 0 as code, value, happened from coded
union all
select cell, segment_code as code, value, happened from coded
union all
select cell, channel_code as code, value, happened from coded where detailed
union all
select cell, region_code as code, value, happened from coded where detailed
union all
select cell, device_code as code, value, happened from coded where detailed
union all
select cell, plan_code as code, value, happened from coded where detailed
