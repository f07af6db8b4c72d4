-- The looks of each watched experiment up to the day.
select * from experiments.effects where as_of = $as_of order by experiment, arm, "date"
