-- The stages that were entered by the day.
select * from experiments.stages where as_of = $as_of order by experiment, since
