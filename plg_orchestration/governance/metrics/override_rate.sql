-- Of the leads that qualified in the window, the share about which a person decided otherwise, and what they decided.
-- The words of the people stand in pql.overrides; a rate over no lead is none.
with qualified as (
    select distinct decision_id
    from pql.decisions
    where as_of > $decision_date and as_of <= $as_of and qualified
),
decided as (
    select
        o.decision_id, o.action,
        row_number() over (partition by o.decision_id order by o.number desc) as recency
    from pql.overrides as o
    inner join qualified as q on q.decision_id = o.decision_id
    where o.as_of <= $as_of
),
counted as (
    select
        (select count(*) from qualified) as leads,
        count(*) as overridden,
        count(*) filter (where action = 'route') as rerouted,
        count(*) filter (where action = 'hold') as held,
        count(*) filter (where action = 'suppress') as suppressed,
        count(*) filter (where action = 'release') as released
    from decided
    where recency = 1
)
select
    case when leads > 0 then cast(overridden as double) / leads end as value,
    cast(overridden as double) as numerator,
    cast(leads as double) as denominator,
    case
        when leads = 0 then 'no lead qualified since ' || cast($decision_date as varchar)
        else cast(overridden as varchar) || ' of ' || cast(leads as varchar) || ' leads that qualified since '
            || cast($decision_date as varchar) || ' were decided otherwise (' || cast(rerouted as varchar) || ' routed, '
            || cast(held as varchar) || ' held, ' || cast(suppressed as varchar) || ' suppressed, ' || cast(released as varchar)
            || ' released); the reasons stand in pql.overrides'
    end as detail
from counted
