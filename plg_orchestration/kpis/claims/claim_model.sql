-- The night's what-if of a 10 % higher activation.
select effect_percent, percent_low, percent_high, users, reason
from kpis.what_if
where as_of = $as_of and lever = 'activation' and change = 10
