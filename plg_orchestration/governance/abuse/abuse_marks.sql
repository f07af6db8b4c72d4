-- The devices and addresses of those who signed up in the window, each pair once.
select distinct f.user_id, f.kind, f.fingerprint as mark
from governance.fingerprints as f
inner join known_users as u on u.user_id = f.user_id
where
    f.received_date >= $signup_date and f.received_date <= $as_of and u.signup_at >= $signup_start and u.signup_at < $cut
order by f.kind, f.fingerprint, f.user_id
