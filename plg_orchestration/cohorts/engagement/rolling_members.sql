-- Who signed up in the newest ISO weeks, with the instant from which the member's own 24-hour days are counted.
select
    unit, unit_id,
    cast(row_number() over (order by unit, unit_id) as integer) as who,
    'first_time' as entry,
    cast(date_trunc('week', signup_date) as date) as cohort,
    signup_at as entry_at
from signups
where signup_date >= $first_date
