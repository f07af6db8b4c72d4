-- Users whose retention is known, with the score's inputs at the age at which weights are learned.
with back as (
    select d.user_id
    from behavior.user_days as d
    inner join score_users as u on u.user_id = d.user_id
    where
        d.received_date <= $as_of and d.event_date <= $as_of and d.qualifying_events > 0 and d.event_date >= $first_date
        and d.event_date >= u.signup_date + $retained_day
        and d.event_date < u.signup_date + $retained_day + $retained_days
    group by d.user_id
)
select
    u.user_id, coalesce(u.account_id, u.user_id) as cluster, b.user_id is not null as retained, p.progress, p.workflow,
    p.collaboration
from score_users as u
inner join score_path as p on p.user_id = u.user_id and p.at_end and p.age_days = $extra_age
left join back as b on b.user_id = u.user_id
order by u.user_id
