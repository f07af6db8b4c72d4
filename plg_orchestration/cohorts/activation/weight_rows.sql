-- Users whose retention is known, with the score's inputs at the age at which weights are learned.
select
    u.user_id, coalesce(u.account_id, u.user_id) as cluster, b.user_id is not null as retained, p.progress, p.workflow,
    p.collaboration
from score_users as u
inner join score_ends as p on p.user_id = u.user_id and p.age_days = $extra_age
left join score_returned as b on b.user_id = u.user_id
where u.signup_date between $first_date and $last_date
order by u.user_id
