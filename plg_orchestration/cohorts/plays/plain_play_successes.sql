-- Plain entries as starts: numbered by unit and play, with the end of their measure and the success that came before it.
select
    play, unit_id, started_on, holdout,
    started_on + cast($measured_days as integer) as measured_until,
    case when succeeded_on > started_on and succeeded_on <= least(started_on + cast($measured_days as integer), $as_of)
        then succeeded_on end as succeeded_on,
    row_number() over (partition by play, unit_id order by started_on) as attempt
from plain_starts
where started_on <= $as_of
