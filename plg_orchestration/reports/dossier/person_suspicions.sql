-- Why the person was taken for a fake account or a bot, in the days that suppression looks back.
select as_of, rule
from governance.suspects
where unit_id = $user_id and as_of <= $as_of and as_of > $suspected_after
order by as_of, rule
