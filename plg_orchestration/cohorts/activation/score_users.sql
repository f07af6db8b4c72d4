-- The users whom the score follows: those who signed up on the days from $path_first to $as_of.
select s.unit_id as user_id, s.account_id, s.signup_at, s.signup_date, s.segment, u.role as persona
from signups as s
inner join known_users as u on u.user_id = s.unit_id
where s.unit = 'user' and s.signup_date between $path_first and $as_of
