-- What people had said of alerts by the as-of day, in the order in which it was recorded.
select incident_id as alert_id, person, note, as_of, until
from governance.acknowledgements
where as_of <= $as_of
order by number
