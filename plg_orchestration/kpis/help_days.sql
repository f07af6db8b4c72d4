-- How often each user viewed help on each day; views without a user count by account.
select user_id, event_date, max(account_id) as account_id, cast(sum(help_views) as bigint) as help_views
from behavior.user_days
where received_date between $oldest_day and $as_of and event_date between $oldest_day and $as_of and help_views > 0
group by user_id, event_date
