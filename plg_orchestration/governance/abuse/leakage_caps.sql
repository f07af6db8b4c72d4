-- Accounts without a paid plan in which somebody sent more invitations in 30 days than the caps allow; who is suspected is left
-- out, so that nothing is counted twice. A user without an account counts alone.
with paying as (
    select distinct account_id
    from booked_periods
    where known_to > $as_of and started_date <= $as_of and ended_date > $as_of and mrr > 0
),
suspected as (
    select unit_id
    from governance.suspicions
    where as_of = (select max(as_of) from governance.suspicions where as_of <= $as_of) and status <> 'cleared'
),
daily as (
    select user_id, max(account_id) as account_id, event_date, sum(invites_sent) as invites
    from behavior.user_days
    where received_date <= $as_of and received_date > $month_date and event_date > $month_date and event_date <= $as_of
        and user_id is not null and invites_sent > 0
    group by user_id, event_date
),
inviters as (
    select user_id, max(account_id) as account_id, max(invites) as busiest, sum(invites) as month from daily group by user_id
)
select count(distinct coalesce(i.account_id, i.user_id)) as units
from inviters as i
left join paying as p on p.account_id = i.account_id
left join suspected as s on s.unit_id = i.user_id
where p.account_id is null and s.unit_id is null and (i.busiest > $invites_per_day or i.month > $invites_per_month)
