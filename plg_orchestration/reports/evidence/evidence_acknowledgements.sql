-- Who acknowledged which incident in the quarter.
select number, acknowledgement_id, incident_id, as_of, person, requested_by, recorded_at, note
from governance.acknowledgements
where as_of between $first and $last
order by number
