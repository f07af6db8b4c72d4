-- Each unit's first start of a play, by the arm to which it was drawn, and whether it succeeded in time.
select
    play, unit_id, started_on, succeeded_on is not null as succeeded,
    case when holdout then 'holdout' else 'play' end as arm,
    cast(date_trunc('week', started_on) as date) as entry_week,
    measured_until <= $as_of as mature
from play_successes
where attempt = 1
