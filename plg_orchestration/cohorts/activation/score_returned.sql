-- The users who were active in the days by which retention is judged.
select user_id
from score_days
where age_days >= $retained_day and age_days < $retained_day + $retained_days and qualifying_events > 0
group by user_id
