-- A/A splits of past people, as of the day.
select * from experiments.self_checks where as_of = $as_of order by metric
