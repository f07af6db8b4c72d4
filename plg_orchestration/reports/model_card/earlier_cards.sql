-- The cards that the day has written so far.
select * from reports.model_card where as_of = $as_of order by target, version
