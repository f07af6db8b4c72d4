-- What had drifted on each night of the quarter, against the champion's training.
select
    as_of, target, scorer, version, subject, kind, rows, population_stability_index, psi_by_chance, kolmogorov_smirnov,
    ks_p_value, missing, reference_missing, base_rate, reference_base_rate, verdict, reason
from pql.drift
where as_of between $first and $last
order by as_of, target, version, subject
