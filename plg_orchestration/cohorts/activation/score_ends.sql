-- Each user's score with its inputs at the end of the days by which it is kept and of the as-of day.
select
    p.user_id, p.age_days, p.core_events, l.core_level, l.level_users, l.level_source, p.progress, p.workflow, p.collaboration,
    p.score
from score_path as p
inner join core_levels as l on l.age_days = p.age_days
where p.at_end
