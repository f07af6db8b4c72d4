-- What each watched experiment says on the day: the primary metric first, then guardrails, then segments.
select *
from experiments.readouts
where as_of = $as_of
order by experiment, arm, segment <> '', role = 'guardrail', metric, segment, segment_value
