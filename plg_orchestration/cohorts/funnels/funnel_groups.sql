-- The groups that each entrant is counted in: all, and one value of each breakdown that its funnel declares.
select who, 'all' as dimension, 'all' as dimension_value
from funnel_entrants
union all
select
    e.who, b.dimension,
    coalesce(
        case b.dimension
            when 'channel' then s.channel when 'segment' then s.segment when 'region' then s.region else s.device
        end,
        'unknown'
    ) as dimension_value
from funnel_entrants as e
inner join (select distinct line, funnel, unit from funnel_plan) as p on p.line = e.line
inner join config.funnel_breakdowns as b on b.funnel = p.funnel
left join signups as s on s.unit = p.unit and s.unit_id = e.unit_id
