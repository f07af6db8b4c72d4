-- Users who viewed help in each month and quarter, and how many tickets they opened in it.
select
    period, period_start, segment, channel, region, device, plan, user_id, sum(attempts) as attempts, sum(tickets) as tickets
from help_and_tickets
where user_id is not null and period in ('month', 'quarter')
group by period, period_start, segment, channel, region, device, plan, user_id
having sum(attempts) > 0
