-- What is registered on the day.
select * from experiments.registry where as_of = $as_of order by experiment
