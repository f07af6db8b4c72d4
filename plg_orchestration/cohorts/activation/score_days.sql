-- Each user's days of activity since the signup, as far as the score and the retention after it look, with core events and when the
-- last activity of a day with core use was.
select
    u.user_id, u.signup_date, u.signup_at, date_diff('day', u.signup_date, d.event_date) as age_days,
    sum(d.core_events) as core_events, sum(d.qualifying_events) as qualifying_events,
    max(case when d.core_events > 0 then coalesce(d.last_active_at, cast(d.event_date as timestamp)) end) as core_at
from behavior.user_days as d
inner join score_users as u on u.user_id = d.user_id
where
    d.received_date <= $as_of and d.event_date <= $as_of and d.event_date >= $path_first
    and d.event_date >= u.signup_date
    and d.event_date <= u.signup_date + cast(greatest($window_days, $retained_day + $retained_days) as integer)
group by u.user_id, u.signup_date, u.signup_at, d.event_date
