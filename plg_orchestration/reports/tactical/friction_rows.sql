-- The steps at which users are lost, by how much completing them goes with activation.
select name, reached, completed, lost, share_lost, effect, effect_low, effect_high, score, rank, basis, sentence, reason
from cohorts.friction
where as_of = $as_of
order by rank, step
