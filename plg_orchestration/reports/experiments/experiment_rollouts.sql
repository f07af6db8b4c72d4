-- Where each watched rollout stands on the day, and what its criteria ask for.
select * from experiments.rollouts where as_of = $as_of order by experiment
