-- Success plays by kind, channel and status.
select play, channel, status, owner, count(*) as plays, count(*) filter (where holdout) as held_out
from cohorts.plays
where as_of = $as_of
group by play, channel, status, owner
order by play, channel, status
