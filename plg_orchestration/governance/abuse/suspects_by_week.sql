-- The day's suspects by rule and the week (its Monday) in which they signed up.
select cast(date_trunc('week', signup_date) as date) as week, rule, count(*) as people
from governance.suspects
where as_of = $as_of and signup_date is not null
group by cast(date_trunc('week', signup_date) as date), rule
order by week, rule
