-- How often each user viewed help on each day; views without a user count by account.
select d.user_id, d.event_date, max(d.account_id) as account_id, cast(sum(d.help_views) as bigint) as help_views
from behavior.user_days as d
left join excluded as x on x.unit = 'user' and x.unit_id = d.user_id
where
    d.received_date between $oldest_day and $as_of and d.event_date between $oldest_day and $as_of and d.help_views > 0
    and x.unit_id is null
group by d.user_id, d.event_date
