-- When each user first had a score of the threshold or more.
select user_id, min(happened_at) as reached_at
from score_path
where not at_end and score >= $threshold
group by user_id
