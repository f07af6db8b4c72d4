-- The instants of every returning event of a plain event table.
select distinct who, event_at as active_at
from plain_events
where received_at < $cut and event_at < $cut and ($returning is null or list_contains($returning, event))
