-- Initiatives that have started, are not closed and meet their rollback condition; NULL while one of them cannot be told.
with running as (
    select initiative, rollback_verdict, rollback_reason
    from governance.initiatives
    where as_of = $as_of and status not in ('planned', 'done') and rollback_condition is not null
),
counted as (
    select
        count(*) as initiatives,
        count(*) filter (where rollback_verdict = 'holds') as holding,
        count(*) filter (where rollback_verdict = 'no_data') as unknown,
        string_agg(initiative || ': ' || rollback_reason, '; ' order by initiative)
        filter (where rollback_verdict <> 'does_not_hold') as told
    from running
)
select
    case when initiatives = 0 or (holding = 0 and unknown > 0) then null else cast(holding as double) end as value,
    cast(holding as double) as numerator,
    cast(initiatives as double) as denominator,
    case
        when initiatives = 0 then 'no initiative that runs has a rollback condition'
        else cast(holding as varchar) || ' of ' || cast(initiatives as varchar) || ' running initiatives meet their rollback condition'
            || case when unknown > 0 then ', ' || cast(unknown as varchar) || ' cannot be told' else '' end
            || coalesce('; ' || told, '')
    end as detail
from counted
